<?php
/**
 * A test under Tools > Site Health: does the server answer, and is everything over HTTPS?
 *
 * @package Konsulto\Widgets
 */

namespace Konsulto\Widgets;

defined( 'ABSPATH' ) || exit;

/** Adds the test. It asks the server, so it runs after the page has loaded; a site that is not connected has none. */
function add_site_health_test( array $tests ): array {
	if ( is_connected() ) {
		$tests['async']['konsulto_widgets'] = array(
			'label'             => __( 'Konsulto server', 'konsulto-widgets' ),
			'test'              => rest_url( 'konsulto/v1/site-health' ),
			'has_rest'          => true,
			'async_direct_test' => __NAMESPACE__ . '\\site_health',
		);
	}
	return $tests;
}

/** Makes the route of the test known. */
function register_site_health_route(): void {
	register_rest_route(
		'konsulto/v1',
		'/site-health',
		array(
			'methods'             => 'GET',
			'callback'            => __NAMESPACE__ . '\\site_health',
			'permission_callback' => __NAMESPACE__ . '\\may_see_site_health',
		)
	);
}

/** Who may run it. */
function may_see_site_health(): bool {
	return current_user_can( 'view_site_health_checks' );
}

/** The result. */
function site_health(): array {
	$widgets = fresh_widgets();
	if ( is_wp_error( $widgets ) ) {
		return health_result( 'critical', __( 'The list of Konsulto widgets cannot be loaded', 'konsulto-widgets' ), $widgets->get_error_message() );
	}
	if ( ! is_secure() ) {
		return health_result( 'recommended', __( 'Konsulto widgets need HTTPS', 'konsulto-widgets' ), insecure_text() );
	}
	return health_result( 'good', __( 'The Konsulto server answers', 'konsulto-widgets' ), __( 'Your site can load the list of your widgets.', 'konsulto-widgets' ) );
}

/** Whether camera and microphone can work: browsers allow them on secure addresses only. */
function is_secure(): bool {
	return is_secure_address( setting( 'server' ) ) && is_secure_address( home_url() );
}

/** HTTPS, or this very computer. */
function is_secure_address( string $address ): bool {
	return 'https' === wp_parse_url( $address, PHP_URL_SCHEME ) || in_array( wp_parse_url( $address, PHP_URL_HOST ), array( 'localhost', '127.0.0.1', '[::1]' ), true );
}

/** Why HTTPS matters here. */
function insecure_text(): string {
	return __( 'This site or the Konsulto server is not served over HTTPS. Browsers then refuse camera and microphone, and others can read what visitors write.', 'konsulto-widgets' );
}

/** A result in the form that Site Health shows. */
function health_result( string $status, string $label, string $description ): array {
	return array(
		'label'       => $label,
		'status'      => $status,
		'badge'       => array(
			'label' => __( 'Konsulto', 'konsulto-widgets' ),
			'color' => 'blue',
		),
		'description' => '<p>' . esc_html( $description ) . '</p>',
		'actions'     => sprintf( '<p><a href="%s">%s</a></p>', esc_url( settings_page_address() ), esc_html__( 'Open the settings', 'konsulto-widgets' ) ),
		'test'        => 'konsulto_widgets',
	);
}

add_filter( 'site_status_tests', __NAMESPACE__ . '\\add_site_health_test' );
add_action( 'rest_api_init', __NAMESPACE__ . '\\register_site_health_route' );
