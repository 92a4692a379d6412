<?php
/**
 * Loaded before every plugin: the test site asks nobody outside this machine.
 */

add_filter(
	'pre_http_request',
	static function ( $answer, $options, $url ) {
		$near = in_array( parse_url( $url, PHP_URL_HOST ), array( '127.0.0.1', 'localhost' ), true );
		return $near ? $answer : new WP_Error( 'offline', 'The test site is offline.' );
	},
	10,
	3
);
add_filter( 'pre_option_show_avatars', '__return_zero' );
add_filter( 'should_load_remote_block_patterns', '__return_false' );

foreach ( array( 'core', 'plugins', 'themes' ) as $konsulto_test_kind ) {
	add_filter(
		'pre_site_transient_update_' . $konsulto_test_kind,
		static function () {
			return (object) array(
				'updates'         => array(),
				'response'        => array(),
				'checked'         => array(),
				'version_checked' => $GLOBALS['wp_version'],
				'last_checked'    => time(),
			);
		}
	);
}

add_action(
	'init',
	static function () {
		remove_action( 'enqueue_block_editor_assets', 'wp_enqueue_editor_block_directory_assets' );
		remove_action( 'admin_init', '_maybe_update_core' );
		remove_action( 'admin_init', '_maybe_update_plugins' );
		remove_action( 'admin_init', '_maybe_update_themes' );
	}
);
