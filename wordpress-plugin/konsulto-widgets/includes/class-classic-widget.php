<?php
/**
 * The widget for themes with classic sidebars.
 *
 * @package Konsulto\Widgets
 */

namespace Konsulto\Widgets;

defined( 'ABSPATH' ) || exit;

/** “Konsulto widget” under Appearance > Widgets. */
class Classic_Widget extends \WP_Widget {

	/** Names it. */
	public function __construct() {
		parent::__construct(
			'konsulto_widget',
			__( 'Konsulto widget', 'konsulto-widgets' ),
			array( 'description' => __( 'Places a walk-in, booking or chat widget of your Konsulto server.', 'konsulto-widgets' ) )
		);
	}

	/**
	 * The public page.
	 *
	 * @param array $args     Of the sidebar.
	 * @param array $instance What the owner chose.
	 */
	public function widget( $args, $instance ) {
		if ( '' === embed( $instance ) ) {
			return;
		}
		$title = apply_filters( 'widget_title', $instance['title'] ?? '', $instance, $this->id_base );
		$title = '' === $title ? '' : $args['before_title'] . $title . $args['after_title'];
		echo wp_kses_post( $args['before_widget'] . $title );
		echo embed( $instance );
		echo wp_kses_post( $args['after_widget'] );
	}

	/**
	 * The form.
	 *
	 * @param array $instance What the owner chose.
	 */
	public function form( $instance ) {
		$this->text_field( 'title', __( 'Title', 'konsulto-widgets' ), $instance );
		$this->select_field( 'widget', __( 'Widget', 'konsulto-widgets' ), widget_choices( widgets(), $instance['widget'] ?? '' ), $instance );
		$this->select_field( 'display', __( 'Display', 'konsulto-widgets' ), display_names(), $instance );
		$this->text_field( 'locale', __( 'Language code, for example fi (empty: same as the page)', 'konsulto-widgets' ), $instance );
		$this->text_field( 'department', __( 'Department (empty: let the visitor choose)', 'konsulto-widgets' ), $instance );
	}

	/**
	 * What is stored.
	 *
	 * @param array $typed    The form.
	 * @param array $instance What was stored before.
	 */
	public function update( $typed, $instance ) {
		$clean           = placement( $typed );
		$clean['title']  = sanitize_text_field( $typed['title'] ?? '' );
		$clean['locale'] = '' === trim( $typed['locale'] ?? '' ) ? '' : $clean['locale'];
		return array_merge( $instance, $clean );
	}

	/** A line of text. */
	private function text_field( string $name, string $label, array $instance ): void {
		printf(
			'<p><label for="%1$s">%2$s</label><input class="widefat" type="text" id="%1$s" name="%3$s" value="%4$s"></p>',
			esc_attr( $this->get_field_id( $name ) ),
			esc_html( $label ),
			esc_attr( $this->get_field_name( $name ) ),
			esc_attr( $instance[ $name ] ?? '' )
		);
	}

	/** A list to choose from. */
	private function select_field( string $name, string $label, array $choices, array $instance ): void {
		printf(
			'<p><label for="%1$s">%2$s</label><select class="widefat" id="%1$s" name="%3$s">%4$s</select></p>',
			esc_attr( $this->get_field_id( $name ) ),
			esc_html( $label ),
			esc_attr( $this->get_field_name( $name ) ),
			options( $choices, $instance[ $name ] ?? '' )
		);
	}
}

/** Makes it known. */
function register_classic_widget(): void {
	register_widget( Classic_Widget::class );
}

/**
 * Where blocks can be placed the block is offered, not this.
 *
 * @param string[] $hidden Of WordPress.
 */
function hide_beside_the_block( array $hidden ): array {
	return array_merge( $hidden, array( 'konsulto_widget' ) );
}

add_action( 'widgets_init', __NAMESPACE__ . '\\register_classic_widget' );
add_filter( 'widget_types_to_hide_from_legacy_widget_block', __NAMESPACE__ . '\\hide_beside_the_block' );
