<?php
/**
 * What stands on the public page, from a shortcode, a block or a classic widget.
 */

namespace Konsulto\Widgets\Tests;

use Konsulto\Widgets\Classic_Widget;

final class EmbedTest extends Konsulto_Case {

	const EVERYTHING = array(
		'widget'     => 'chat-3',
		'display'    => 'floating',
		'locale'     => 'sv_FI',
		'department' => 'Kids & Teens',
	);

	public function test_the_shortcode_prints_the_script_and_a_link_for_browsers_without() {
		$html = do_shortcode( '[konsulto widget="chat-3"]' );
		$this->assertEquals( array( 'async' => '', 'src' => 'https://konsulto.example/embed.js', 'data-widget' => 'chat-3', 'data-display' => 'inline', 'data-locale' => 'en-US' ), $this->script( $html ) );
		$this->assertSame( 'https://konsulto.example/w/chat-3', $this->only( $html, '//noscript/a' )->getAttribute( 'href' ) );
	}

	/** @dataProvider ways */
	public function test_every_way_takes_the_same_attributes( callable $place ) {
		$expected = array( 'async' => '', 'src' => 'https://konsulto.example/embed.js', 'data-widget' => 'chat-3', 'data-display' => 'floating', 'data-locale' => 'sv-FI', 'data-department' => 'Kids & Teens' );
		$this->assertEquals( $expected, $this->script( $place( self::EVERYTHING ) ) );
	}

	public static function ways(): array {
		return array(
			'shortcode'      => array( fn ( $chosen ) => do_shortcode( '[konsulto widget="chat-3" display="floating" locale="sv_FI" department="Kids & Teens"]' ) ),
			'block'          => array( fn ( $chosen ) => do_blocks( '<!-- wp:konsulto/widget ' . wp_json_encode( $chosen ) . ' /-->' ) ),
			'classic widget' => array(
				function ( $chosen ) {
					ob_start();
					the_widget( Classic_Widget::class, $chosen );
					return ob_get_clean();
				},
			),
		);
	}

	/** @dataProvider hostile */
	public function test_nothing_an_author_types_leaves_its_attribute( string $attribute ) {
		$evil = '"><script>alert(1)</script><b x="';
		$html = do_blocks( '<!-- wp:konsulto/widget ' . wp_json_encode( array( $attribute => $evil ) + self::EVERYTHING, JSON_HEX_TAG ) . ' /-->' );
		$this->assertStringNotContainsString( '<b', $html );
		$this->assertStringNotContainsString( 'alert(1)</script>', $html );
	}

	public static function hostile(): array {
		return array_map( fn ( $name ) => array( $name ), array_keys( self::EVERYTHING ) );
	}

	public function test_an_unknown_display_stands_in_the_page() {
		$this->assertSame( 'inline', $this->script( do_shortcode( '[konsulto widget="chat-3" display="popup"]' ) )['data-display'] );
	}

	public function test_an_unusable_language_follows_the_page() {
		$this->assertSame( 'en-US', $this->script( do_shortcode( '[konsulto widget="chat-3" locale="suomi, kiitos"]' ) )['data-locale'] );
	}

	public function test_an_address_below_a_path_is_kept() {
		$this->save( array( 'server' => 'https://example.org/care' ) + self::CONNECTED );
		$this->assertSame( 'https://example.org/care/embed.js', $this->script( do_shortcode( '[konsulto widget="chat-3"]' ) )['src'] );
	}

	public function test_the_public_page_asks_the_server_nothing() {
		do_shortcode( '[konsulto widget="chat-3"]' );
		$this->assertSame( array(), $this->requests );
	}

	/** @dataProvider unusable */
	public function test_visitors_see_nothing_where_no_widget_can_stand( string $shortcode, array $settings ) {
		$this->save( $settings );
		$this->assertSame( '', do_shortcode( $shortcode ) );
		$this->assertSame( '', do_blocks( '<!-- wp:konsulto/widget /-->' ) );
	}

	/** @dataProvider unusable */
	public function test_people_who_can_edit_see_why( string $shortcode, array $settings ) {
		$this->save( $settings );
		$this->sign_in( 'editor' );
		$this->assertStringContainsString( 'Visitors do not see this note', do_shortcode( $shortcode ) );
	}

	public static function unusable(): array {
		return array(
			'no attributes' => array( '[konsulto]', self::CONNECTED ),
			'no id'         => array( '[konsulto widget="../x"]', self::CONNECTED ),
			'no key'        => array( '[konsulto widget="chat-3"]', array( 'api_key' => '' ) + self::CONNECTED ),
			'nothing saved' => array( '[konsulto widget="chat-3"]', array() ),
		);
	}

	public function test_a_feed_gets_a_link_and_no_script() {
		$GLOBALS['wp_query']->is_feed = true;
		$html = do_shortcode( '[konsulto widget="chat-3"]' );
		$GLOBALS['wp_query']->is_feed = false;
		$this->assertStringStartsWith( '<a href="https://konsulto.example/w/chat-3">', $html );
	}

	public function test_what_an_author_saves_keeps_the_block_and_the_shortcode_but_no_pasted_script() {
		$this->sign_in( 'author' );
		kses_init();
		$blocks = '<!-- wp:konsulto/widget {"widget":"chat-3"} /-->';
		$post   = wp_insert_post( array( 'post_content' => $blocks . '[konsulto widget="chat-3"]<script src="https://konsulto.example/embed.js"></script>' ) );
		kses_remove_filters();
		$this->assertSame( $blocks . '[konsulto widget="chat-3"]', get_post( $post )->post_content );
	}

	public function test_asked_first_the_script_waits_in_a_template() {
		$this->save( self::CONNECTED + array( 'ask_first' => true ) );
		$html = do_shortcode( '[konsulto widget="chat-3"]' );
		$this->assertSame( 'template', $this->only( $html, '//script' )->parentNode->nodeName );
		$this->assertStringContainsString( 'This service comes from konsulto.example', $html );
		$this->assertTrue( wp_script_is( 'konsulto-widgets-ask-first' ) );
	}

	public function test_the_classic_widget_stores_only_what_it_offers() {
		$stored = ( new Classic_Widget() )->update( array( 'widget' => 'no id!', 'title' => '<b>Care</b>', 'locale' => '', 'evil' => 'x' ), array() );
		$this->assertSame( array( 'widget' => '', 'display' => 'inline', 'locale' => '', 'department' => '', 'title' => 'Care' ), $stored );
	}

	public function test_the_form_of_the_classic_widget_offers_the_servers_widgets() {
		$form = $this->printed( fn () => ( new Classic_Widget() )->form( array( 'widget' => 'gone-1' ) ) );
		$this->assertStringContainsString( '<option value="chat-3">Chat</option>', $form );
		$this->assertMatchesRegularExpression( '/<option value="gone-1"\s+selected=/', $form );
	}

	public function test_an_empty_classic_widget_leaves_no_frame() {
		ob_start();
		the_widget( Classic_Widget::class, array( 'title' => 'Care' ) );
		$this->assertSame( '', ob_get_clean() );
	}
}
