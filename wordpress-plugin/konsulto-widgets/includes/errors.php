<?php
/**
 * Why the list of widgets did not come, in words that say what to do.
 *
 * @package Konsulto\Widgets
 */

namespace Konsulto\Widgets;

defined( 'ABSPATH' ) || exit;

/** The owner has not finished the settings. */
function not_connected(): \WP_Error {
	return failure( 'not_connected', 409, __( 'This site is not connected to a Konsulto server yet. Save the server address, the organisation and the API key first.', 'konsulto-widgets' ) );
}

/** No answer at all. */
function unreachable( string $detail ): \WP_Error {
	/* translators: %s: web address of the server. */
	$message = sprintf( __( 'The server %s cannot be reached. Check the address and whether the server is running.', 'konsulto-widgets' ), setting( 'server' ) );
	return failure( 'unreachable', 502, $message, $detail );
}

/** An answer that this plugin does not understand. */
function garbled(): \WP_Error {
	/* translators: %s: web address of the server. */
	return failure( 'garbled', 502, sprintf( __( 'The answer of %s could not be understood. Check that this is the address of a Konsulto server, and that this plugin is up to date.', 'konsulto-widgets' ), setting( 'server' ) ) );
}

/** An answer with another status than 200. */
function not_answered( int $status, string $location ): \WP_Error {
	if ( 401 === $status || 403 === $status ) {
		return failure( 'refused', 502, __( 'The server refused the API key for this organisation. Check the short name, or make a new key in Konsulto and save it here.', 'konsulto-widgets' ) );
	}
	if ( 404 === $status ) {
		return unknown_organisation();
	}
	if ( $status >= 300 && $status < 400 ) {
		return moved_on( $location );
	}
	/* translators: %d: HTTP status, for example 503. */
	return failure( 'failed', 502, sprintf( __( 'The server answered with an error (%d). Try again in a few minutes.', 'konsulto-widgets' ), $status ) );
}

/** Nothing at this address. */
function unknown_organisation(): \WP_Error {
	/* translators: 1: web address of the server, 2: short name of the organisation. */
	$message = __( '%1$s knows no organisation “%2$s”. Check both for typing errors.', 'konsulto-widgets' );
	return failure( 'unknown', 502, sprintf( $message, setting( 'server' ), setting( 'organisation' ) ) );
}

/** The server points elsewhere; the key is not sent after it. */
function moved_on( string $location ): \WP_Error {
	return failure( 'moved', 502, __( 'The server sends its visitors on to another address. Save that address here: the API key is sent to no other.', 'konsulto-widgets' ), $location );
}

/**
 * One failure.
 *
 * @param int    $status What the editor is answered with.
 * @param string $detail Technical detail for whoever runs the server.
 */
function failure( string $code, int $status, string $message, string $detail = '' ): \WP_Error {
	return new \WP_Error( 'konsulto_' . $code, $message, compact( 'status', 'detail' ) );
}
