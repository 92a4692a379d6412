<?php
/**
 * Loads an installed WordPress for PHPUnit; KONSULTO_SITE is its folder. No stubs.
 */

define( 'GIVEN', array( '', getenv( 'KONSULTO_SITE' ), 'http://127.0.0.1:80' ) );
require __DIR__ . '/request.php';

// PHPUnit includes this file inside a function, but WordPress wants its variables to be global.
preg_match_all( '/\$(\w+)/', implode( ' ', array_map( 'file_get_contents', array_merge( array( GIVEN[1] . '/wp-settings.php' ), glob( GIVEN[1] . '/wp-includes/*.php' ) ) ) ), $konsulto_test_names );
foreach ( array_diff( array_unique( $konsulto_test_names[1] ), array( 'this', 'GLOBALS' ) ) as $konsulto_test_name ) {
	global $$konsulto_test_name;
}
require GIVEN[1] . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/admin.php';
require_once __DIR__ . '/tests/Konsulto_Case.php';
