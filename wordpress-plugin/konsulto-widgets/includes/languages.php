<?php
/**
 * Translations, and the words for what the server calls by a short name.
 *
 * @package Konsulto\Widgets
 */

namespace Konsulto\Widgets;

defined( 'ABSPATH' ) || exit;

/** Reads the translations that come with the plugin. */
function load_translations(): void {
	load_plugin_textdomain( 'konsulto-widgets', false, dirname( plugin_basename( PLUGIN ) ) . '/languages' );
}

/** The kind of a widget in words; an unknown kind stays as the server wrote it. */
function kind_name( string $kind ): string {
	$names = array(
		'walk_in' => __( 'Walk-in', 'konsulto-widgets' ),
		'booking' => __( 'Booking', 'konsulto-widgets' ),
		'chat'    => __( 'Chat', 'konsulto-widgets' ),
	);
	return $names[ str_replace( '-', '_', $kind ) ] ?? $kind;
}

/** The ways a widget can stand on a page. */
function display_names(): array {
	return array(
		'inline'   => __( 'In the page', 'konsulto-widgets' ),
		'button'   => __( 'Behind a button', 'konsulto-widgets' ),
		'floating' => __( 'Floating in the corner', 'konsulto-widgets' ),
	);
}

add_action( 'init', __NAMESPACE__ . '\\load_translations', 1 );
