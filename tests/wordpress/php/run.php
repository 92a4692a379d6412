<?php
/**
 * php run.php ROOT URL VALUES CODE: runs code inside an installed WordPress and prints what it returns as JSON.
 */

define( 'GIVEN', $argv );
require __DIR__ . '/request.php';
require GIVEN[1] . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/plugin.php';
require_once ABSPATH . 'wp-admin/includes/file.php';

$given  = json_decode( GIVEN[3], true );
$result = eval( GIVEN[4] );
echo "\n", json_encode( array( 'result' => $result ) ), "\n";
