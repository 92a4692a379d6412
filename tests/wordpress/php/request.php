<?php
/**
 * What WordPress expects of a web server, for scripts that load it: GIVEN[2] is the site's address.
 */

$_SERVER['HTTP_HOST']       = parse_url( GIVEN[2], PHP_URL_HOST ) . ':' . parse_url( GIVEN[2], PHP_URL_PORT );
$_SERVER['SERVER_NAME']     = '127.0.0.1';
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
$_SERVER['REQUEST_METHOD']  = 'GET';
$_SERVER['REQUEST_URI']     = '/';
