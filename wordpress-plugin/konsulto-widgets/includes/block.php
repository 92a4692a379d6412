<?php
/**
 * The block “Konsulto widget”: the same four attributes as the shortcode.
 *
 * @package Konsulto\Widgets
 */

namespace Konsulto\Widgets;

defined( 'ABSPATH' ) || exit;

const BLOCK_SCRIPTS = array( 'wp-api-fetch', 'wp-block-editor', 'wp-blocks', 'wp-components', 'wp-element', 'wp-i18n' );

/** Makes the block and what its editor needs known. */
function register_block(): void {
	wp_register_script( 'konsulto-widgets-editor', plugins_url( 'blocks/widget/editor.js', PLUGIN ), BLOCK_SCRIPTS, VERSION, true );
	wp_set_script_translations( 'konsulto-widgets-editor', 'konsulto-widgets', dirname( PLUGIN ) . '/languages' );
	wp_register_style( 'konsulto-widgets-editor', plugins_url( 'blocks/widget/editor.css', PLUGIN ), array(), VERSION );
	register_block_type( dirname( PLUGIN ) . '/blocks/widget', array( 'render_callback' => __NAMESPACE__ . '\\render_block' ) );
}

/** The block on the public page. */
function render_block( array $attributes ): string {
	$html = embed( $attributes );
	return '' === $html ? '' : '<div ' . get_block_wrapper_attributes() . '>' . $html . '</div>';
}

add_action( 'init', __NAMESPACE__ . '\\register_block' );
