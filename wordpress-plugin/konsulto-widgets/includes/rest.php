<?php
/**
 * What the block editor asks this site: the list of widgets, for people who can write posts.
 *
 * @package Konsulto\Widgets
 */

namespace Konsulto\Widgets;

defined( 'ABSPATH' ) || exit;

/** Makes the route known. */
function register_routes(): void {
	register_rest_route(
		'konsulto/v1',
		'/widgets',
		array(
			'methods'             => 'GET',
			'callback'            => __NAMESPACE__ . '\\answer_editor',
			'permission_callback' => __NAMESPACE__ . '\\may_choose_widgets',
			'args'                => array(
				'fresh' => array(
					'type'    => 'boolean',
					'default' => false,
				),
			),
		)
	);
}

/** Who may see the list. */
function may_choose_widgets(): bool {
	return current_user_can( 'edit_posts' );
}

/**
 * The list, with the kind in words.
 *
 * @return array[]|\WP_Error
 */
function answer_editor( \WP_REST_Request $request ) {
	$widgets = $request['fresh'] ? fresh_widgets() : widgets();
	return is_wp_error( $widgets ) ? with_way_out( $widgets ) : array_map( __NAMESPACE__ . '\\for_editor', $widgets );
}

/** One widget for the editor. */
function for_editor( array $widget ): array {
	return array(
		'id'       => $widget['id'],
		'name'     => $widget['name'],
		'kindName' => kind_name( $widget['kind'] ),
		'url'      => setting( 'server' ) . '/w/' . $widget['id'],
	);
}

/** Whoever may change the settings is shown the way there. */
function with_way_out( \WP_Error $error ): \WP_Error {
	if ( current_user_can( 'manage_options' ) ) {
		$error->add_data( array( 'settings' => settings_page_address() ) + $error->get_error_data() );
	}
	return $error;
}

add_action( 'rest_api_init', __NAMESPACE__ . '\\register_routes' );
