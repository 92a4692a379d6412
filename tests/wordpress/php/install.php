<?php
/**
 * php install.php ROOT URL PLUGIN: installs WordPress, makes a user of each role, turns the plugin on.
 */

// WordPress overwrites globals of the calling script, so what must last is in a constant.
define( 'GIVEN', $argv );
define( 'WP_INSTALLING', true );
require __DIR__ . '/request.php';
require GIVEN[1] . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
require_once ABSPATH . 'wp-admin/includes/plugin.php';

add_filter( 'pre_wp_mail', '__return_true' );
wp_install( 'Test clinic', 'admin', 'admin@example.org', true, '', wp_generate_password() );
wp_installing( false );
update_option( 'siteurl', GIVEN[2] );
update_option( 'home', GIVEN[2] );

foreach ( array( 'editor', 'author', 'subscriber' ) as $role ) {
	wp_insert_user(
		array(
			'user_login' => $role,
			'user_pass'  => wp_generate_password(),
			'user_email' => $role . '@example.org',
			'role'       => $role,
		)
	);
}

// The editor's greeting lies over everything.
$preferences = array(
	'core/edit-post' => array( 'welcomeGuide' => false, 'fullscreenMode' => false ),
	'core'           => array( 'welcomeGuide' => false, 'enableChoosePatternModal' => false ),
	'_modified'      => gmdate( 'c' ),
);
foreach ( get_users( array( 'fields' => 'ID' ) ) as $user ) {
	update_user_meta( $user, $GLOBALS['wpdb']->get_blog_prefix() . 'persisted_preferences', $preferences );
}

$failed = activate_plugin( GIVEN[3] );
if ( is_wp_error( $failed ) ) {
	fwrite( STDERR, $failed->get_error_message() );
	exit( 1 );
}
echo "\n", json_encode( array( 'version' => $GLOBALS['wp_version'] ) ), "\n";
