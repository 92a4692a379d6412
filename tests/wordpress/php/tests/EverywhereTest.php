<?php
/**
 * The floating widget of the whole site and its rules.
 */

namespace Konsulto\Widgets\Tests;

use function Konsulto\Widgets\{is_wanted_on, print_everywhere};

final class EverywhereTest extends Konsulto_Case {

	/** @dataProvider paths */
	public function test_the_rules_choose_the_pages( string $path, array $only_on, array $never_on, bool $expected ) {
		$this->save( compact( 'only_on', 'never_on' ) );
		$this->assertSame( $expected, is_wanted_on( $path ) );
	}

	public static function paths(): array {
		return array(
			'no rules'               => array( '/anything/', array(), array(), true ),
			'named'                  => array( '/contact/', array( '/contact' ), array(), true ),
			'not named'              => array( '/about/', array( '/contact' ), array(), false ),
			'the front page only'    => array( '/', array( '/' ), array(), true ),
			'not the front page'     => array( '/about/', array( '/' ), array(), false ),
			'a star'                 => array( '/services/gp/', array( '/services/*' ), array(), true ),
			'a star is not its stem' => array( '/services-old/', array( '/services/*' ), array(), false ),
			'never wins'             => array( '/services/gp/', array( '/services/*' ), array( '/services/gp/' ), false ),
			'never only'             => array( '/privacy/', array(), array( '/privacy' ), false ),
			'a query is passed over' => array( '/contact/?utm=1', array( '/contact' ), array(), true ),
			'a query that is named'  => array( '/?page_id=7', array( '/?page_id=7' ), array(), true ),
			'another query'          => array( '/?page_id=8', array( '/?page_id=7' ), array(), false ),
			'no pattern characters'  => array( '/abc/', array( '/a.c' ), array(), false ),
			'letters of any script'  => array( '/yhteyttä/', array( '/yhteyttä' ), array(), true ),
		);
	}

	/** @dataProvider requests */
	public function test_the_path_is_the_one_below_the_sites_address( string $home, string $asked, string $expected ) {
		$answer = fn () => $home;
		add_filter( 'pre_option_home', $answer );
		$before                 = $_SERVER['REQUEST_URI'];
		$_SERVER['REQUEST_URI'] = $asked;
		$found                  = \Konsulto\Widgets\current_path();
		$_SERVER['REQUEST_URI'] = $before;
		remove_filter( 'pre_option_home', $answer );
		$this->assertSame( $expected, $found );
	}

	public static function requests(): array {
		return array(
			array( 'https://clinic.example', '/contact/?a=1', '/contact/?a=1' ),
			array( 'https://clinic.example/blog', '/blog/contact/', '/contact/' ),
			array( 'https://clinic.example', '/yhteytt%C3%A4/', '/yhteyttä/' ),
		);
	}

	public function test_the_widget_floats_at_the_foot_of_the_page() {
		$this->save( self::CONNECTED + array( 'everywhere' => 'chat-3' ) );
		$script = $this->script( $this->printed( fn () => print_everywhere() ) );
		$this->assertSame( array( 'chat-3', 'floating' ), array( $script['data-widget'], $script['data-display'] ) );
	}

	public function test_nothing_floats_when_nothing_is_chosen() {
		$this->sign_in( 'administrator' );
		$this->assertSame( '', $this->printed( fn () => print_everywhere() ) );
	}

	public function test_nothing_floats_before_the_site_is_connected() {
		$this->sign_in( 'administrator' );
		$this->save( array( 'api_key' => '', 'everywhere' => 'chat-3' ) + self::CONNECTED );
		$this->assertSame( '', $this->printed( fn () => print_everywhere() ) );
	}
}
