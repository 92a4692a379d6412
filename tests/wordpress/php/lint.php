<?php
/**
 * php lint.php FOLDER: what the plugin directory's reviewers look for, found with PHP's own tokenizer.
 *
 * Late escaping, text domain and literal texts, direct-access guards, permission callbacks, raw input, syntax that
 * PHP 7.4 does not know, and headers that contradict each other. Prints one problem a line; the exit status counts.
 */

const SLUG    = 'konsulto-widgets';
const ESCAPES = array( 'esc_html', 'esc_attr', 'esc_url', 'esc_textarea', 'esc_html__', 'esc_attr__', 'wp_kses_post', 'wp_json_encode', 'absint', 'get_block_wrapper_attributes' );
// Functions that return finished HTML.
const HTML  = array( 'embed', 'options', 'checked', 'selected' );
const TEXTS = array( '__', '_e', '_x', '_n', 'esc_html__', 'esc_html_e', 'esc_html_x', 'esc_attr__', 'esc_attr_e', 'esc_attr_x' );
const INPUT = array( '$_GET', '$_POST', '$_REQUEST', '$_SERVER', '$_COOKIE', '$_FILES' );
const NEWER = array( 'T_MATCH', 'T_NULLSAFE_OBJECT_OPERATOR', 'T_ATTRIBUTE', 'T_ENUM', 'T_READONLY' );

/** The tokens that mean something: array( name or null, text, line ). */
function tokens( string $source ): array {
	$tokens = array();
	foreach ( PhpToken::tokenize( $source, TOKEN_PARSE ) as $token ) {
		if ( ! $token->isIgnorable() || $token->is( T_OPEN_TAG_WITH_ECHO ) ) {
			$tokens[] = $token;
		}
	}
	return $tokens;
}

/** The arguments of a call, as text, from the index of its name. */
function arguments( array $tokens, int $name ): array {
	$depth = 0;
	$found = array( '' );
	for ( $i = $name + 1; isset( $tokens[ $i ] ); $i++ ) {
		$text   = $tokens[ $i ]->text;
		$opens  = in_array( $text, array( '(', '[' ), true );
		$depth += $opens ? 1 : ( in_array( $text, array( ')', ']' ), true ) ? -1 : 0 );
		if ( 0 === $depth ) {
			break;
		} elseif ( ',' === $text && 1 === $depth ) {
			$found[] = '';
		} elseif ( ! ( $opens && 1 === $depth ) ) {
			$found[ count( $found ) - 1 ] .= $text;
		}
	}
	return $found;
}

/** Whether the name at this index is called, not declared or another object's. */
function is_call( array $tokens, int $i ): bool {
	$before = $tokens[ $i - 1 ]->text ?? '';
	return $tokens[ $i ]->is( T_STRING ) && '(' === ( $tokens[ $i + 1 ]->text ?? '' ) && ! in_array( $before, array( '->', '::', 'function', 'new' ), true );
}

/** Whether what begins at this index is safe to print. */
function is_escaped( array $tokens, int $i ): bool {
	$token = $tokens[ $i ];
	return $token->is( array( T_CONSTANT_ENCAPSED_STRING, T_LNUMBER, T_INT_CAST ) ) || ( $token->is( T_STRING ) && in_array( $token->text, array_merge( ESCAPES, HTML ), true ) );
}

/** Printed values that are not escaped, from the index of an echo. */
function unescaped( array $tokens, int $echo ): array {
	$found = array();
	$depth = 0;
	$first = true;
	for ( $i = $echo + 1; ';' !== $tokens[ $i ]->text; $i++ ) {
		if ( $first && ! is_escaped( $tokens, $i ) ) {
			$found[] = 'echo without an escape: ' . $tokens[ $i ]->text;
		}
		$depth += '(' === $tokens[ $i ]->text ? 1 : ( ')' === $tokens[ $i ]->text ? -1 : 0 );
		$first  = 0 === $depth && in_array( $tokens[ $i ]->text, array( ',', '.' ), true );
	}
	return $found;
}

/** Values handed to printf that are not escaped, from the index of its name. */
function unescaped_values( array $tokens, int $printf ): array {
	$safe   = '/^(\'|\(int\)|(' . implode( '|', array_merge( ESCAPES, HTML ) ) . ')\()/';
	$values = preg_grep( $safe, arguments( $tokens, $printf ), PREG_GREP_INVERT );
	return array_map( fn ( $value ) => 'printf without an escape: ' . $value, array_values( $values ) );
}

/** Faults of a call of a translating function. */
function untranslatable( array $tokens, int $i ): array {
	$arguments = arguments( $tokens, $i );
	$faults    = array();
	if ( "'" . SLUG . "'" !== end( $arguments ) ) {
		$faults[] = $tokens[ $i ]->text . ' without the text domain';
	}
	if ( "'" !== ( $arguments[0][0] ?? '' ) ) {
		$faults[] = $tokens[ $i ]->text . ' with something else than a literal';
	}
	return $faults;
}

/** Faults of one token in its place. */
function faults_at( array $tokens, int $i ): array {
	$token = $tokens[ $i ];
	if ( $token->is( array( T_ECHO, T_PRINT, T_OPEN_TAG_WITH_ECHO ) ) ) {
		return unescaped( $tokens, $i );
	}
	if ( is_call( $tokens, $i ) && 'printf' === $token->text ) {
		return unescaped_values( $tokens, $i );
	}
	if ( in_array( $token->getTokenName(), NEWER, true ) ) {
		return array( 'PHP 7.4 does not know ' . $token->text );
	}
	if ( $token->is( T_VARIABLE ) && in_array( $token->text, INPUT, true ) && '(' !== $tokens[ $i - 1 ]->text ) {
		return array( 'raw ' . $token->text );
	}
	if ( is_call( $tokens, $i ) && in_array( $token->text, TEXTS, true ) ) {
		return untranslatable( $tokens, $i );
	}
	if ( is_call( $tokens, $i ) && 'register_rest_route' === $token->text && false === strpos( implode( arguments( $tokens, $i ) ), "'permission_callback'" ) ) {
		return array( 'route without permission_callback' );
	}
	return array();
}

/** Faults of one PHP file. */
function faults_in( string $source ): array {
	$faults = preg_match( "/^defined\( '(ABSPATH|WP_UNINSTALL_PLUGIN)' \) \|\| exit;$/m", $source ) ? array() : array( '1 no direct-access guard' );
	$tokens = tokens( $source );
	foreach ( $tokens as $i => $token ) {
		foreach ( faults_at( $tokens, $i ) as $fault ) {
			$faults[] = $token->line . ' ' . $fault;
		}
	}
	return $faults;
}

/** One header of the plugin or of readme.txt. */
function header_of( string $text, string $name ): string {
	return preg_match( '/^[ *]*' . preg_quote( $name, '/' ) . ':\s*(.+)$/m', $text, $found ) ? trim( $found[1] ) : '';
}

/** Headers that are missing or contradict each other. */
function header_faults( string $folder ): array {
	$plugin = file_get_contents( $folder . '/' . SLUG . '.php' );
	$readme = file_get_contents( $folder . '/readme.txt' );
	$block  = json_decode( file_get_contents( $folder . '/blocks/widget/block.json' ), true );
	preg_match( '/\n\n([^=\n].+)\n/', $readme, $short );
	$rules = array(
		'plugin name missing'                 => '' !== header_of( $plugin, 'Plugin Name' ),
		'description over 140 characters'     => strlen( header_of( $plugin, 'Description' ) ) <= 140,
		'short description over 150'          => strlen( $short[1] ) <= 150,
		'text domain is not the slug'         => SLUG === header_of( $plugin, 'Text Domain' ),
		'domain path does not exist'          => is_dir( $folder . header_of( $plugin, 'Domain Path' ) ),
		'no licence file'                     => is_file( $folder . '/LICENSE' ),
		'no contributors'                     => '' !== header_of( $readme, 'Contributors' ),
		'not tested up to any release'        => '' !== header_of( $readme, 'Tested up to' ),
		'more than five tags'                 => count( explode( ',', header_of( $readme, 'Tags' ) ) ) <= 5,
		'stable tag differs from version'     => header_of( $plugin, 'Version' ) === header_of( $readme, 'Stable tag' ),
		'VERSION differs from the header'     => false !== strpos( $plugin, "const VERSION = '" . header_of( $plugin, 'Version' ) . "';" ),
		'block version differs'               => header_of( $plugin, 'Version' ) === $block['version'],
		'block is not of API version 3'       => 3 === $block['apiVersion'],
		'block has another text domain'       => SLUG === $block['textdomain'],
	);
	foreach ( array( 'Requires at least', 'Requires PHP', 'License' ) as $name ) {
		$rules[ $name . ' differs in readme.txt' ] = '' !== header_of( $plugin, $name ) && header_of( $plugin, $name ) === header_of( $readme, $name );
	}
	return array_keys( array_filter( $rules, fn ( $holds ) => ! $holds ) );
}

$folder   = $argv[1];
$problems = header_faults( $folder );
foreach ( new RegexIterator( new RecursiveIteratorIterator( new RecursiveDirectoryIterator( $folder ) ), '/\.php$/' ) as $file ) {
	foreach ( faults_in( file_get_contents( $file ) ) as $fault ) {
		$problems[] = substr( $file, strlen( $folder ) + 1 ) . ':' . $fault;
	}
}
echo implode( "\n", $problems ), "\n";
exit( $problems ? 1 : 0 );
