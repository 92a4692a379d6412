<?php
/**
 * What a visitor's browser gets: one script of the server, and a link for browsers that run none.
 *
 * @package Konsulto\Widgets
 */

namespace Konsulto\Widgets;

defined( 'ABSPATH' ) || exit;

/**
 * The HTML of one widget.
 *
 * @param mixed $given Attributes of a shortcode, a block or a classic widget.
 */
function embed( $given ): string {
	$placement = placement( is_array( $given ) ? $given : array() );
	if ( ! is_connected() || '' === $placement['widget'] ) {
		return note_for_authors();
	}
	if ( is_feed() ) {
		return link_to( $placement['widget'] );
	}
	return setting( 'ask_first' ) ? ask_first( $placement ) : loader( $placement ) . noscript( $placement['widget'] );
}

/** The four things an author can choose, checked. */
function placement( array $given ): array {
	return array(
		'widget'     => widget_id( $given['widget'] ?? '' ),
		'display'    => display( $given['display'] ?? '' ),
		'locale'     => locale( $given['locale'] ?? '' ),
		'department' => department( $given['department'] ?? '' ),
	);
}

/**
 * How the widget stands on the page.
 *
 * @param mixed $given From the author.
 */
function display( $given ): string {
	return is_string( $given ) && isset( display_names()[ $given ] ) ? $given : 'inline';
}

/**
 * The language of the widget: the one chosen, else the page's.
 *
 * @param mixed $given From the author.
 */
function locale( $given ): string {
	$locale = str_replace( '_', '-', is_string( $given ) ? trim( $given ) : '' );
	return preg_match( LOCALE_PATTERN, $locale ) ? $locale : get_bloginfo( 'language' );
}

/**
 * The department to begin with, if any.
 *
 * @param mixed $given From the author.
 */
function department( $given ): string {
	return is_string( $given ) ? substr( sanitize_text_field( $given ), 0, 100 ) : '';
}

/** The script tag. */
function loader( array $placement ): string {
	$attributes = array(
		'async'           => true,
		'src'             => esc_url_raw( setting( 'server' ) . '/embed.js' ),
		'data-widget'     => $placement['widget'],
		'data-display'    => $placement['display'],
		'data-locale'     => $placement['locale'],
		'data-department' => $placement['department'],
	);
	return trim( wp_get_script_tag( array_filter( $attributes ) ) );
}

/** The way in for a browser without scripts. */
function noscript( string $widget ): string {
	return '<noscript>' . link_to( $widget ) . '</noscript>';
}

/** A link to the widget's own page on the server. */
function link_to( string $widget ): string {
	return sprintf( '<a href="%s">%s</a>', esc_url( setting( 'server' ) . '/w/' . $widget ), esc_html__( 'Open this service on its own page', 'konsulto-widgets' ) );
}

/** Visitors see nothing where a widget cannot stand; people who can edit see why. */
function note_for_authors(): string {
	if ( ! current_user_can( 'edit_posts' ) || is_feed() ) {
		return '';
	}
	$why = is_connected()
		? __( 'Konsulto: choose a widget here. Visitors do not see this note.', 'konsulto-widgets' )
		: __( 'Konsulto: this site is not connected yet. Visitors do not see this note.', 'konsulto-widgets' );
	return '<p class="konsulto-note">' . esc_html( $why ) . '</p>';
}
