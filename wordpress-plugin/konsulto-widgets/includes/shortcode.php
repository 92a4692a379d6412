<?php
/**
 * [konsulto widget="…" display="…" locale="…" department="…"]
 *
 * @package Konsulto\Widgets
 */

namespace Konsulto\Widgets;

defined( 'ABSPATH' ) || exit;

/** The shortcode that places a widget as it is. */
function shortcode_for( string $widget ): string {
	return sprintf( '[konsulto widget="%s"]', $widget );
}

add_shortcode( 'konsulto', __NAMESPACE__ . '\\embed' );
