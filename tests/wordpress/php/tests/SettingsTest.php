<?php
/**
 * What the settings page stores and shows.
 */

namespace Konsulto\Widgets\Tests;

use function Konsulto\Widgets\{add_settings_link, print_settings_page, server_address};

final class SettingsTest extends Konsulto_Case {

	/** @dataProvider addresses */
	public function test_an_address_is_brought_into_one_form( string $typed, ?string $expected ) {
		$this->assertSame( $expected, server_address( $typed ) );
	}

	public static function addresses(): array {
		return array(
			'plain'           => array( 'https://care.example.org', 'https://care.example.org' ),
			'without scheme'  => array( 'care.example.org', 'https://care.example.org' ),
			'trailing slash'  => array( 'https://care.example.org/', 'https://care.example.org' ),
			'capitals'        => array( 'HTTPS://Care.Example.ORG', 'https://care.example.org' ),
			'port'            => array( 'http://127.0.0.1:8080/', 'http://127.0.0.1:8080' ),
			'below a path'    => array( 'https://example.org/care/', 'https://example.org/care' ),
			'query, fragment' => array( 'https://care.example.org/?a=1#b', 'https://care.example.org' ),
			'nothing'         => array( '', '' ),
			'a script'        => array( 'javascript:alert(1)', null ),
			'another scheme'  => array( 'ftp://care.example.org', null ),
			'a password'      => array( 'https://a:b@care.example.org', null ),
			'no host'         => array( 'https://', null ),
		);
	}

	public function test_what_cannot_be_used_keeps_its_saved_value_and_is_named() {
		$saved = $this->submit( array( 'server' => 'ftp://x', 'organisation' => 'My Clinic!', 'api_key' => 'a b' ) );
		$this->assertEquals( self::CONNECTED, array_intersect_key( $saved, self::CONNECTED ) );
		$this->assertSame( array( 'konsulto_server', 'konsulto_organisation', 'konsulto_api_key' ), array_column( get_settings_errors(), 'code' ) );
	}

	public function test_an_empty_key_field_keeps_the_saved_key() {
		$this->assertSame( 'key-1', $this->submit( array( 'api_key' => '' ) + self::CONNECTED )['api_key'] );
		$this->assertSame( array(), get_settings_errors() );
	}

	public function test_a_new_key_replaces_the_saved_one() {
		$this->assertSame( 'key-2', $this->submit( array( 'api_key' => ' key-2 ' ) + self::CONNECTED )['api_key'] );
	}

	public function test_the_first_save_stores_the_key() {
		delete_option( 'konsulto_widgets' );
		$this->assertSame( 'key-1', $this->submit( self::CONNECTED )['api_key'] );
		$this->assertSame( array(), get_settings_errors() );
	}

	/** @dataProvider moves */
	public function test_the_key_is_deleted_when_it_would_go_elsewhere( array $move ) {
		$this->assertSame( '', $this->submit( $move + array( 'api_key' => '' ) + self::CONNECTED )['api_key'] );
		$this->assertSame( array( 'konsulto_api_key' ), array_column( get_settings_errors(), 'code' ) );
	}

	public static function moves(): array {
		return array( array( array( 'server' => 'https://other.example' ) ), array( array( 'organisation' => 'other' ) ) );
	}

	public function test_a_key_typed_with_the_new_address_is_kept() {
		$this->assertSame( 'key-1', $this->submit( array( 'server' => 'https://other.example' ) + self::CONNECTED )['api_key'] );
	}

	public function test_an_emptied_address_disconnects() {
		$saved = $this->submit( array( 'server' => '', 'api_key' => '' ) + self::CONNECTED );
		$this->assertSame( array( '', '' ), array( $saved['server'], $saved['api_key'] ) );
	}

	public function test_paths_are_kept_one_a_line_and_without_the_sites_address() {
		$typed = "/contact/\n\n  services/* \n" . home_url( '/about/' ) . "\n" . home_url() . "\n/contact/\n/caf%C3%A9";
		$saved = $this->submit( array( 'only_on' => $typed ) + self::CONNECTED );
		$this->assertSame( array( '/contact/', '/services/*', '/about/', '/', '/café' ), $saved['only_on'] );
	}

	public function test_only_an_id_can_float_everywhere() {
		$this->assertSame( '', $this->submit( array( 'everywhere' => '"><script>' ) + self::CONNECTED )['everywhere'] );
		$this->assertSame( 'chat-3', $this->submit( array( 'everywhere' => 'chat-3' ) + self::CONNECTED )['everywhere'] );
	}

	public function test_something_else_than_a_form_changes_nothing() {
		$saved = $this->submit( array( 'server' => array( 'x' ), 'organisation' => null, 'only_on' => 7 ) );
		$this->assertEquals( self::CONNECTED, array_intersect_key( $saved, self::CONNECTED ) );
	}

	public function test_the_page_never_shows_the_key() {
		$this->sign_in( 'administrator' );
		$this->assertStringNotContainsString( 'key-1', $this->page() );
		$this->assertStringContainsString( 'A key is saved', $this->page() );
	}

	public function test_the_page_lists_the_widgets_with_their_shortcodes() {
		$this->answers( wp_json_encode( self::examples( 'good' )['three widgets'] ) );
		$this->sign_in( 'administrator' );
		$page = $this->page();
		$this->assertStringContainsString( '[konsulto widget=&quot;booking-2&quot;]', $page );
		$this->assertStringContainsString( 'Booking &lt;b&gt;GP&lt;/b&gt; &amp; nurse', $page );
		$this->assertStringNotContainsString( '<b>GP', $page );
		$this->assertStringContainsString( '3 widgets', $page );
	}

	public function test_an_organisation_without_widgets_is_told_what_to_do() {
		$this->answers( '{"widgets":[]}' );
		$this->sign_in( 'administrator' );
		$this->assertStringContainsString( 'has no widgets yet', $this->page() );
	}

	public function test_a_chosen_widget_stays_chosen_while_the_server_is_down() {
		$this->save( self::CONNECTED + array( 'everywhere' => 'chat-3' ) );
		$this->answers( new \WP_Error( 'x', '<b>down</b>' ) );
		$this->sign_in( 'administrator' );
		$page = $this->page();
		$this->assertMatchesRegularExpression( '/<option value="chat-3"\s+selected=/', $page );
		$this->assertStringContainsString( '&lt;b&gt;down', $page );
	}

	public function test_before_the_first_save_the_page_asks_nobody() {
		delete_option( 'konsulto_widgets' );
		$this->sign_in( 'administrator' );
		$this->assertStringContainsString( 'contacts no server', $this->page() );
		$this->assertSame( array(), $this->requests );
	}

	public function test_only_administrators_see_the_page() {
		$this->sign_in( 'editor' );
		$this->assertSame( '', $this->page() );
		$this->assertSame( array(), $this->requests );
	}

	public function test_the_list_of_plugins_links_to_the_settings() {
		$this->assertStringContainsString( 'page=konsulto-widgets', add_settings_link( array() )['settings'] );
	}

	private function page(): string {
		return $this->printed( fn () => print_settings_page() );
	}
}
