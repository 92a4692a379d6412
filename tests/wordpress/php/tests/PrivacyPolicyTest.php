<?php
/**
 * The text for the site's privacy policy.
 */

namespace Konsulto\Widgets\Tests;

use function Konsulto\Widgets\privacy_policy;

final class PrivacyPolicyTest extends Konsulto_Case {

	public function test_the_text_names_the_server_that_visitors_reach() {
		$this->assertStringContainsString( 'konsulto.example', implode( ' ', privacy_policy() ) );
	}

	public function test_the_text_promises_a_question_only_when_there_is_one() {
		$this->assertStringNotContainsString( 'We ask you first', implode( ' ', privacy_policy() ) );
		$this->save( self::CONNECTED + array( 'ask_first' => true ) );
		$this->assertStringContainsString( 'We ask you first', implode( ' ', privacy_policy() ) );
	}
}
