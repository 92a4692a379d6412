<?php
/**
 * The test under Tools > Site Health.
 */

namespace Konsulto\Widgets\Tests;

use function Konsulto\Widgets\{add_site_health_test, is_secure_address, site_health};

final class SiteHealthTest extends Konsulto_Case {

	public function test_a_site_that_is_not_connected_has_no_test() {
		$this->assertArrayHasKey( 'konsulto_widgets', add_site_health_test( array() )['async'] );
		$this->save( array() );
		$this->assertSame( array(), add_site_health_test( array() ) );
	}

	public function test_a_server_that_answers_is_good() {
		$this->assertSame( 'good', site_health()['status'] );
	}

	public function test_a_server_that_does_not_answer_is_critical_with_the_reason() {
		$this->answers( '', 401 );
		$this->assertSame( 'critical', site_health()['status'] );
		$this->assertStringContainsString( 'refused the API key', site_health()['description'] );
	}

	public function test_an_address_without_https_is_pointed_out() {
		$this->save( array( 'server' => 'http://konsulto.example' ) + self::CONNECTED );
		$this->assertSame( 'recommended', site_health()['status'] );
	}

	public function test_the_very_computer_counts_as_secure() {
		$this->assertTrue( is_secure_address( 'http://localhost:8080' ) );
		$this->assertFalse( is_secure_address( 'http://localhost.example' ) );
	}
}
