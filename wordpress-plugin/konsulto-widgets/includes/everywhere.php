<?php
/**
 * One floating widget on every page of the site, or on the pages that the owner's rules choose.
 *
 * @package Konsulto\Widgets
 */

namespace Konsulto\Widgets;

defined( 'ABSPATH' ) || exit;

/** Prints the widget at the foot of the page. */
function print_everywhere(): void {
	$widget = setting( 'everywhere' );
	if ( '' === $widget || ! is_connected() || ! is_wanted_on( current_path() ) ) {
		return;
	}
	echo embed(
		array(
			'widget'  => $widget,
			'display' => 'floating',
		)
	);
}

/** Whether the rules allow this path; “never on” wins, no “only on” means everywhere. */
function is_wanted_on( string $path ): bool {
	$only_on = setting( 'only_on' );
	return ! matches_any( $path, setting( 'never_on' ) ) && ( array() === $only_on || matches_any( $path, $only_on ) );
}

/** Whether one of the rules names this path. */
function matches_any( string $path, array $rules ): bool {
	foreach ( $rules as $rule ) {
		if ( matches( $path, $rule ) ) {
			return true;
		}
	}
	return false;
}

/** Whether a rule names this path. A star stands for anything; only a rule with a question mark looks at the query. */
function matches( string $path, string $rule ): bool {
	$seen    = false === strpos( $rule, '?' ) ? strtok( $path, '?' ) : $path;
	$pattern = str_replace( '\*', '.*', preg_quote( untrailingslashit( $rule ), '#' ) );
	return 1 === preg_match( '#^' . $pattern . '$#D', untrailingslashit( $seen ) );
}

/** The path that was asked for, below the site's own address. */
function current_path(): string {
	$asked = isset( $_SERVER['REQUEST_URI'] ) ? rawurldecode( esc_url_raw( wp_unslash( $_SERVER['REQUEST_URI'] ) ) ) : '/';
	$home  = untrailingslashit( (string) wp_parse_url( home_url(), PHP_URL_PATH ) );
	return 0 === strpos( $asked, $home . '/' ) ? substr( $asked, strlen( $home ) ) : $asked;
}

add_action( 'wp_footer', __NAMESPACE__ . '\\print_everywhere' );
