<?php
/**
 * What the site owner saved.
 *
 * @package Konsulto\Widgets
 */

namespace Konsulto\Widgets;

defined( 'ABSPATH' ) || exit;

const OPTION = 'konsulto_widgets';

/** What holds before anything is saved. */
function defaults(): array {
	return array(
		'server'       => '',
		'organisation' => '',
		'api_key'      => '',
		'everywhere'   => '',
		'only_on'      => array(),
		'never_on'     => array(),
		'ask_first'    => false,
	);
}

/** All settings. */
function settings(): array {
	$saved = get_option( OPTION, array() );
	return array_merge( defaults(), is_array( $saved ) ? $saved : array() );
}

/**
 * One setting.
 *
 * @return mixed
 */
function setting( string $name ) {
	return settings()[ $name ];
}

/** Whether the server may be asked at all: never before the owner has named it and given the key. */
function is_connected(): bool {
	$settings = settings();
	return '' !== $settings['server'] && '' !== $settings['organisation'] && '' !== $settings['api_key'];
}

/** Tells WordPress about the setting. */
function register_settings(): void {
	register_setting(
		OPTION,
		OPTION,
		array(
			'type'              => 'array',
			'sanitize_callback' => __NAMESPACE__ . '\\sanitize',
			'show_in_rest'      => false,
		)
	);
}

add_action( 'admin_init', __NAMESPACE__ . '\\register_settings' );
