<?php
/**
 * Asks the Konsulto server which widgets there are. Nothing else in this plugin asks it anything.
 *
 * @package Konsulto\Widgets
 */

namespace Konsulto\Widgets;

defined( 'ABSPATH' ) || exit;

const LIST_CACHE      = 'konsulto_widgets_list';
const SECONDS_TO_WAIT = 5;
const LARGEST_ANSWER  = 262144;

/**
 * The widgets of the organisation, each an array of id, name, kind and url; failures are not remembered.
 *
 * @return array[]|\WP_Error
 */
function widgets() {
	$remembered = get_transient( LIST_CACHE );
	return is_connected() && is_array( $remembered ) ? $remembered : fresh_widgets();
}

/**
 * The same, asked now.
 *
 * @return array[]|\WP_Error
 */
function fresh_widgets() {
	delete_transient( LIST_CACHE );
	if ( ! is_connected() ) {
		return not_connected();
	}
	$widgets = widgets_in_response( ask_server() );
	if ( ! is_wp_error( $widgets ) ) {
		set_transient( LIST_CACHE, $widgets, 5 * MINUTE_IN_SECONDS );
	}
	return $widgets;
}

/**
 * One request with the key, never carried on to another address.
 *
 * A single site may use a server inside its own network, so the address is not limited to public ones; in a network of
 * sites, where an address is not typed by the network's operator, it is.
 *
 * @return array|\WP_Error
 */
function ask_server() {
	$address = setting( 'server' ) . '/api/v1/organisations/' . setting( 'organisation' ) . '/widgets';
	return wp_remote_get(
		$address,
		array(
			'headers'             => array(
				'Authorization' => 'Bearer ' . setting( 'api_key' ),
				'Accept'        => 'application/json',
			),
			'user-agent'          => 'konsulto-widgets/' . VERSION,
			'timeout'             => SECONDS_TO_WAIT,
			'redirection'         => 0,
			'limit_response_size' => LARGEST_ANSWER,
			'reject_unsafe_urls'  => is_multisite(),
		)
	);
}

/**
 * The widgets in what came back, or why there are none.
 *
 * @param array|\WP_Error $response Of the request.
 * @return array[]|\WP_Error
 */
function widgets_in_response( $response ) {
	if ( is_wp_error( $response ) ) {
		return unreachable( $response->get_error_message() );
	}
	$status = (int) wp_remote_retrieve_response_code( $response );
	if ( 200 !== $status ) {
		return not_answered( $status, (string) wp_remote_retrieve_header( $response, 'location' ) );
	}
	return widgets_in_body( wp_remote_retrieve_body( $response ) ) ?? garbled();
}

/** The widgets in the text of an answer; null when any part of it is not as agreed. */
function widgets_in_body( string $body ): ?array {
	$answer = json_decode( $body, false, 8 );
	if ( ! $answer instanceof \stdClass || ! isset( $answer->widgets ) || ! is_array( $answer->widgets ) ) {
		return null;
	}
	$widgets = array_map( __NAMESPACE__ . '\\widget_in', $answer->widgets );
	$ids     = array_column( array_filter( $widgets ), 'id' );
	return count( array_unique( $ids ) ) === count( $widgets ) ? $widgets : null;
}

/**
 * One widget as agreed with the server, and no more than that; null when it is not.
 *
 * @param mixed $sent Decoded JSON.
 */
function widget_in( $sent ): ?array {
	$widget = array();
	foreach ( agreed_fields() as $field => $pattern ) {
		$value = $sent->$field ?? null;
		if ( ! is_string( $value ) || ! preg_match( $pattern, $value ) ) {
			return null;
		}
		$widget[ $field ] = $value;
	}
	return $widget;
}

/** What each field of a widget must look like. */
function agreed_fields(): array {
	return array(
		'id'   => ID_PATTERN,
		'name' => '/^(?=.*\S)[^\p{Cc}]{1,200}$/uD',
		'kind' => '/^[a-z][a-z0-9_-]{0,31}$/D',
		'url'  => '#^https?://[^\s/?\#"\'<>\\\\@]+(/[^\s"\'<>\\\\]*)?$#Di',
	);
}

/** A changed setting makes the remembered list worthless. */
function forget_widgets(): void {
	delete_transient( LIST_CACHE );
}

add_action( 'add_option_' . OPTION, __NAMESPACE__ . '\\forget_widgets' );
add_action( 'update_option_' . OPTION, __NAMESPACE__ . '\\forget_widgets' );
add_action( 'delete_option_' . OPTION, __NAMESPACE__ . '\\forget_widgets' );
