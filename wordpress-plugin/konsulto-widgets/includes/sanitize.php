<?php
/**
 * Checks what was typed on the settings page; what cannot be used keeps its saved value and is named.
 *
 * @package Konsulto\Widgets
 */

namespace Konsulto\Widgets;

defined( 'ABSPATH' ) || exit;

const ID_PATTERN     = '/^[a-z0-9-]{1,64}$/D';
const KEY_PATTERN    = '/^[\x21-\x7e]{1,200}$/D';
const LOCALE_PATTERN = '/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/D';

/**
 * The settings as they will be stored.
 *
 * @param mixed $typed What the form sent.
 */
function sanitize( $typed ): array {
	$saved = settings();
	$typed = array_merge( $saved, array( 'api_key' => '' ), is_array( $typed ) ? $typed : array() );
	$clean = array(
		'server'       => sanitize_server( $typed['server'], $saved['server'] ),
		'organisation' => sanitize_organisation( $typed['organisation'], $saved['organisation'] ),
		'everywhere'   => widget_id( $typed['everywhere'] ),
		'only_on'      => sanitize_paths( $typed['only_on'] ),
		'never_on'     => sanitize_paths( $typed['never_on'] ),
		'ask_first'    => (bool) $typed['ask_first'],
	);
	return array( 'api_key' => sanitize_key_for( $clean, $typed['api_key'], $saved ) ) + $clean;
}

/**
 * The server's address without a slash at its end, or what was saved before.
 *
 * @param mixed $typed What the form sent.
 */
function sanitize_server( $typed, string $saved ): string {
	$address = is_string( $typed ) ? server_address( trim( $typed ) ) : null;
	if ( null !== $address ) {
		return $address;
	}
	complain( 'server', __( 'The server address is not a web address. It looks like https://care.example.org.', 'konsulto-widgets' ) );
	return $saved;
}

/**
 * A web address in its plain form; empty stays empty.
 *
 * @return string|null Null when it is no web address.
 */
function server_address( string $typed ): ?string {
	if ( '' === $typed ) {
		return '';
	}
	$address = preg_match( '#^[a-z][a-z0-9+.-]*://#i', $typed ) ? $typed : 'https://' . $typed;
	$parts   = wp_parse_url( esc_url_raw( $address, array( 'http', 'https' ) ) );
	if ( empty( $parts['host'] ) || isset( $parts['user'] ) || isset( $parts['pass'] ) ) {
		return null;
	}
	$port = isset( $parts['port'] ) ? ':' . $parts['port'] : '';
	return $parts['scheme'] . '://' . strtolower( $parts['host'] ) . $port . untrailingslashit( $parts['path'] ?? '' );
}

/**
 * The organisation's short name, or what was saved before.
 *
 * @param mixed $typed What the form sent.
 */
function sanitize_organisation( $typed, string $saved ): string {
	$name = is_string( $typed ) ? strtolower( trim( $typed ) ) : null;
	if ( '' === $name || ( null !== $name && preg_match( ID_PATTERN, $name ) ) ) {
		return $name;
	}
	complain( 'organisation', __( 'The organisation is its short name in Konsulto: small letters, digits and hyphens only.', 'konsulto-widgets' ) );
	return $saved;
}

/**
 * The key to store. It belongs to one server and organisation and is never sent to another.
 *
 * @param mixed $typed What the form sent; empty keeps the saved key.
 */
function sanitize_key_for( array $clean, $typed, array $saved ): string {
	$key = typed_key( $typed );
	if ( '' === $clean['server'] ) {
		return '';
	}
	if ( '' !== $key || ! moved( $clean, $saved ) || '' === $saved['api_key'] ) {
		return '' === $key ? $saved['api_key'] : $key;
	}
	complain( 'api_key', __( 'The server or the organisation changed, so the saved API key was deleted. Enter the key of the new one.', 'konsulto-widgets' ), 'warning' );
	return '';
}

/**
 * A key that can be sent in a header, or nothing.
 *
 * @param mixed $typed What the form sent.
 */
function typed_key( $typed ): string {
	$key = is_string( $typed ) ? trim( $typed ) : '';
	if ( '' === $key || preg_match( KEY_PATTERN, $key ) ) {
		return $key;
	}
	complain( 'api_key', __( 'The API key was not saved: it contains spaces or special characters. Copy it again.', 'konsulto-widgets' ) );
	return '';
}

/** Whether the settings now name another server or organisation. */
function moved( array $clean, array $saved ): bool {
	return $clean['server'] !== $saved['server'] || $clean['organisation'] !== $saved['organisation'];
}

/**
 * A widget's id, or nothing.
 *
 * @param mixed $given From a form, a shortcode or a block.
 */
function widget_id( $given ): string {
	$id = is_string( $given ) ? trim( $given ) : '';
	return preg_match( ID_PATTERN, $id ) ? $id : '';
}

/**
 * Path rules, one a line.
 *
 * @param mixed $typed Text of several lines, or the list as it is stored.
 */
function sanitize_paths( $typed ): array {
	$lines = is_array( $typed ) ? $typed : explode( "\n", is_string( $typed ) ? $typed : '' );
	return array_values( array_unique( array_filter( array_map( __NAMESPACE__ . '\\path_rule', $lines ) ) ) );
}

/**
 * One rule: a path below the site's address. A full address of this site is shortened to its path.
 *
 * @param mixed $typed One line.
 */
function path_rule( $typed ): string {
	$line = trim( sanitize_text_field( rawurldecode( is_string( $typed ) ? $typed : '' ) ) );
	$home = untrailingslashit( home_url() );
	if ( 0 === strpos( $line . '/', $home . '/' ) ) {
		$line = substr( $line, strlen( $home ) ) . ( $line === $home ? '/' : '' );
	}
	return '' === $line ? '' : '/' . ltrim( $line, '/' );
}

/** Names a problem above the settings form. */
function complain( string $field, string $message, string $type = 'error' ): void {
	if ( function_exists( 'add_settings_error' ) ) {
		add_settings_error( OPTION, 'konsulto_' . $field, $message, $type );
	}
}
