<?php
/**
 * A question in the widget's place: nothing is asked from the server before the visitor presses the button.
 *
 * @package Konsulto\Widgets
 */

namespace Konsulto\Widgets;

defined( 'ABSPATH' ) || exit;

/** The question, hidden until the script that answers its button runs; the widget's script waits in a template. */
function ask_first( array $placement ): string {
	wp_enqueue_style( 'konsulto-widgets-ask-first' );
	wp_enqueue_script( 'konsulto-widgets-ask-first' );
	return '<div class="konsulto-ask konsulto-ask--' . esc_attr( $placement['display'] ) . '" tabindex="-1">'
		. '<div class="konsulto-ask__ask" hidden>' . ( 'floating' === $placement['display'] ? folded_question() : question() ) . '</div>'
		. '<template class="konsulto-ask__loader">' . loader( $placement ) . '</template>'
		. '<template class="konsulto-ask__failed"><p role="alert">' . esc_html__( 'This service cannot be reached at the moment. Please try again later.', 'konsulto-widgets' ) . '</p></template>'
		. noscript( $placement['widget'] )
		. '</div>';
}

/** What the visitor is asked. */
function question(): string {
	/* translators: %s: name of the server's computer, for example care.example.org. */
	$text = sprintf( __( 'This service comes from %s. When you open it, your browser connects to that address.', 'konsulto-widgets' ), server_name() );
	return '<div class="konsulto-ask__question"><p>' . esc_html( $text ) . '</p>'
		. '<button type="button" class="konsulto-ask__load wp-element-button">' . esc_html__( 'Open the service', 'konsulto-widgets' ) . '</button></div>';
}

/** The same behind a small button, so that it does not cover the page. */
function folded_question(): string {
	return '<details><summary class="wp-element-button">' . esc_html__( 'Online service', 'konsulto-widgets' ) . '</summary>' . question() . '</details>';
}

/** The name of the server's computer. */
function server_name(): string {
	return (string) wp_parse_url( setting( 'server' ), PHP_URL_HOST );
}

/** Makes script and style known; pages without a question load neither. */
function register_ask_first(): void {
	wp_register_style( 'konsulto-widgets-ask-first', plugins_url( 'assets/ask-first.css', PLUGIN ), array(), VERSION );
	wp_register_script( 'konsulto-widgets-ask-first', plugins_url( 'assets/ask-first.js', PLUGIN ), array(), VERSION, true );
}

add_action( 'init', __NAMESPACE__ . '\\register_ask_first' );
