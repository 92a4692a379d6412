<?php
/**
 * What the tests share: a connected site, and a server whose next answer the test chooses.
 */

namespace Konsulto\Widgets\Tests;

use PHPUnit\Framework\TestCase;
use function Konsulto\Widgets\register_settings;

abstract class Konsulto_Case extends TestCase {

	const CONNECTED = array(
		'server'       => 'https://konsulto.example',
		'organisation' => 'clinic',
		'api_key'      => 'key-1',
	);

	/** @var array[] Each request as array( address, options ). */
	protected $requests = array();

	/** @var array|\WP_Error */
	private $answer;

	protected function setUp(): void {
		$this->save( self::CONNECTED );
		$this->answers( '{"widgets":[{"id":"chat-3","name":"Chat","kind":"chat","url":"https://konsulto.example/w/chat-3"}]}' );
		add_filter( 'pre_http_request', array( $this, 'answer' ), 99, 3 );
	}

	protected function tearDown(): void {
		remove_filter( 'pre_http_request', array( $this, 'answer' ), 99 );
		if ( isset( get_registered_settings()['konsulto_widgets'] ) ) {
			unregister_setting( 'konsulto_widgets', 'konsulto_widgets' );
		}
		delete_option( 'konsulto_widgets' );
		wp_set_current_user( 0 );
		$GLOBALS['wp_settings_errors'] = array();
	}

	/** Stands in for the network. */
	public function answer( $pre, $options, $address ) {
		$this->requests[] = array( $address, $options );
		return $this->answer;
	}

	/** Chooses the next answer. */
	protected function answers( $body, int $status = 200, array $headers = array() ): void {
		$this->answer = is_wp_error( $body ) ? $body : array(
			'response' => array( 'code' => $status ),
			'body'     => $body,
			'headers'  => $headers,
			'cookies'  => array(),
		);
	}

	/** Replaces the settings. */
	protected function save( array $settings ): void {
		delete_option( 'konsulto_widgets' );
		update_option( 'konsulto_widgets', $settings );
	}

	/** Saves as the settings page does, and gives what is stored then. */
	protected function submit( array $typed ): array {
		register_settings();
		update_option( 'konsulto_widgets', $typed );
		return get_option( 'konsulto_widgets' );
	}

	/** Acts as the user with this role. */
	protected function sign_in( string $role ): void {
		wp_set_current_user( get_user_by( 'login', 'administrator' === $role ? 'admin' : $role )->ID );
	}

	/** What a function prints. */
	protected function printed( callable $print ): string {
		ob_start();
		$print();
		return (string) ob_get_clean();
	}

	/** The examples shared with the server's tests. */
	public static function examples( string $kind ): array {
		$examples = json_decode( file_get_contents( dirname( __DIR__, 2 ) . '/plugin_api.json' ), true );
		return $examples[ $kind ];
	}

	/** The attributes of the one script in a piece of HTML; each release of WordPress has an order of its own. */
	protected function script( string $html ): array {
		$attributes = array();
		foreach ( $this->only( $html, '//script' )->attributes as $attribute ) {
			$attributes[ $attribute->name ] = 'async' === $attribute->name ? '' : $attribute->value;
		}
		return $attributes;
	}

	/** The one element that a path names. */
	protected function only( string $html, string $path ): \DOMElement {
		$document = new \DOMDocument();
		$document->loadHTML( '<?xml encoding="UTF-8">' . $html, LIBXML_NOERROR );
		$found = ( new \DOMXPath( $document ) )->query( $path );
		$this->assertSame( 1, $found->length );
		return $found->item( 0 );
	}
}
