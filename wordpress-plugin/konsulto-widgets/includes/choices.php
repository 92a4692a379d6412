<?php
/**
 * Lists to choose from in forms.
 *
 * @package Konsulto\Widgets
 */

namespace Konsulto\Widgets;

defined( 'ABSPATH' ) || exit;

/**
 * The widgets to choose from; one that was chosen before stays even when the server does not name it now.
 *
 * @param array[]|\WP_Error|null $widgets From the server.
 */
function widget_choices( $widgets, string $chosen ): array {
	$choices = array( '' => __( 'No widget', 'konsulto-widgets' ) ) + array_column( is_array( $widgets ) ? $widgets : array(), 'name', 'id' );
	if ( ! isset( $choices[ $chosen ] ) ) {
		/* translators: %s: id of a widget. */
		$choices[ $chosen ] = sprintf( __( '%s (chosen earlier)', 'konsulto-widgets' ), $chosen );
	}
	return $choices;
}

/** The choices of a select element as HTML. */
function options( array $choices, string $chosen ): string {
	$html = '';
	foreach ( $choices as $value => $label ) {
		$html .= sprintf( '<option value="%s"%s>%s</option>', esc_attr( $value ), selected( $chosen, (string) $value, false ), esc_html( $label ) );
	}
	return $html;
}
