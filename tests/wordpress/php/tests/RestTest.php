<?php
/**
 * What the block editor may ask this site.
 */

namespace Konsulto\Widgets\Tests;

final class RestTest extends Konsulto_Case {

	public function test_visitors_are_refused() {
		$this->assertSame( 401, $this->ask( '/konsulto/v1/widgets' )->get_status() );
		$this->assertSame( 401, $this->ask( '/konsulto/v1/site-health' )->get_status() );
		$this->assertSame( array(), $this->requests );
	}

	public function test_subscribers_are_refused() {
		$this->sign_in( 'subscriber' );
		$this->assertSame( 403, $this->ask( '/konsulto/v1/widgets' )->get_status() );
		$this->assertSame( 403, $this->ask( '/konsulto/v1/site-health' )->get_status() );
		$this->assertSame( array(), $this->requests );
	}

	public function test_authors_see_the_list_but_not_the_site_health() {
		$this->sign_in( 'author' );
		$expected = array( array( 'id' => 'chat-3', 'name' => 'Chat', 'kindName' => 'Chat', 'url' => 'https://konsulto.example/w/chat-3' ) );
		$this->assertSame( $expected, $this->ask( '/konsulto/v1/widgets' )->get_data() );
		$this->assertSame( 403, $this->ask( '/konsulto/v1/site-health' )->get_status() );
	}

	public function test_the_key_is_in_no_answer() {
		$this->sign_in( 'administrator' );
		$this->assertStringNotContainsString( 'key-1', wp_json_encode( $this->ask( '/konsulto/v1/widgets' )->get_data() ) );
		$this->answers( '', 401 );
		$this->assertStringNotContainsString( 'key-1', wp_json_encode( $this->ask( '/konsulto/v1/widgets', true )->get_data() ) );
	}

	public function test_only_who_may_change_the_settings_is_sent_there() {
		$this->answers( '', 401 );
		$this->sign_in( 'author' );
		$this->assertArrayNotHasKey( 'settings', $this->ask( '/konsulto/v1/widgets', true )->get_data()['data'] );
		$this->sign_in( 'administrator' );
		$this->assertStringContainsString( 'page=konsulto-widgets', $this->ask( '/konsulto/v1/widgets', true )->get_data()['data']['settings'] );
	}

	public function test_trying_again_asks_the_server_again() {
		$this->sign_in( 'author' );
		$this->ask( '/konsulto/v1/widgets' );
		$this->ask( '/konsulto/v1/widgets', true );
		$this->assertCount( 2, $this->requests );
	}

	private function ask( string $route, bool $fresh = false ): \WP_REST_Response {
		$request = new \WP_REST_Request( 'GET', $route );
		$request->set_query_params( $fresh ? array( 'fresh' => '1' ) : array() );
		return rest_do_request( $request );
	}
}
