<?php
/**
 * Asking the server: what is sent, what is understood, what is remembered.
 */

namespace Konsulto\Widgets\Tests;

use function Konsulto\Widgets\{fresh_widgets, widgets};

final class ServerTest extends Konsulto_Case {

	/** @dataProvider good_answers */
	public function test_an_answer_as_agreed_is_understood( array $answer ) {
		$this->answers( wp_json_encode( $answer ) );
		$this->assertSame( array_column( $answer['widgets'], 'name', 'id' ), array_column( fresh_widgets(), 'name', 'id' ) );
	}

	public static function good_answers(): array {
		return array_map( fn ( $answer ) => array( $answer ), self::examples( 'good' ) );
	}

	public function test_fields_that_were_not_agreed_are_not_kept() {
		$this->answers( wp_json_encode( self::examples( 'good' )['fields that a newer server may add'] ) );
		$this->assertSame( array( 'id', 'name', 'kind', 'url' ), array_keys( fresh_widgets()[0] ) );
	}

	/** @dataProvider bad_answers */
	public function test_any_other_answer_is_refused_as_a_whole( string $body ) {
		$this->answers( $body );
		$this->assertFailure( 'konsulto_garbled', fresh_widgets() );
	}

	public static function bad_answers(): array {
		return array_map( fn ( $body ) => array( $body ), self::examples( 'bad' ) );
	}

	/** @dataProvider refusals */
	public function test_each_refusal_has_words_of_its_own( int $status, string $code ) {
		$this->answers( '{"widgets":[]}', $status );
		$failure = fresh_widgets();
		$this->assertFailure( $code, $failure );
		$this->assertNotSame( '', $failure->get_error_message() );
	}

	public static function refusals(): array {
		$refusals = self::examples( 'refusals' );
		return array_map( null, array_keys( $refusals ), array_values( $refusals ) );
	}

	public function test_a_server_that_is_down_is_named_with_the_reason() {
		$this->answers( new \WP_Error( 'http_request_failed', 'cURL error 7' ) );
		$failure = fresh_widgets();
		$this->assertFailure( 'konsulto_unreachable', $failure );
		$this->assertStringContainsString( 'https://konsulto.example', $failure->get_error_message() );
		$this->assertSame( 'cURL error 7', $failure->get_error_data()['detail'] );
	}

	public function test_the_key_goes_to_the_saved_server_only() {
		fresh_widgets();
		list( list( $address, $options ) ) = $this->requests;
		$this->assertSame( 'https://konsulto.example/api/v1/organisations/clinic/widgets', $address );
		$this->assertSame( 'Bearer key-1', $options['headers']['Authorization'] );
		$this->assertSame( 0, $options['redirection'] );
		$this->assertStringNotContainsString( 'key-1', $address );
	}

	public function test_the_list_is_asked_once_and_then_remembered() {
		widgets();
		widgets();
		$this->assertCount( 1, $this->requests );
	}

	public function test_a_failure_is_not_remembered() {
		$this->answers( '', 503 );
		widgets();
		widgets();
		$this->assertCount( 2, $this->requests );
	}

	public function test_a_test_of_the_connection_asks_again_and_forgets_the_old_list() {
		widgets();
		$this->answers( '', 503 );
		$this->assertFailure( 'konsulto_failed', fresh_widgets() );
		$this->assertFailure( 'konsulto_failed', widgets() );
	}

	public function test_the_remembered_list_does_not_outlive_a_changed_setting() {
		widgets();
		update_option( 'konsulto_widgets', array( 'organisation' => 'other' ) + self::CONNECTED );
		widgets();
		$this->assertCount( 2, $this->requests );
	}

	/** @dataProvider unfinished */
	public function test_nothing_is_asked_before_all_three_are_saved( string $missing ) {
		$this->save( array( $missing => '' ) + self::CONNECTED );
		$this->assertFailure( 'konsulto_not_connected', widgets() );
		$this->assertSame( array(), $this->requests );
	}

	public static function unfinished(): array {
		return array( array( 'server' ), array( 'organisation' ), array( 'api_key' ) );
	}

	private function assertFailure( string $code, $given ): void {
		$this->assertInstanceOf( \WP_Error::class, $given );
		$this->assertSame( $code, $given->get_error_code() );
	}
}
