<?php
/**
 * Settings > Konsulto widgets: connect, see the widgets, copy their shortcodes.
 *
 * @package Konsulto\Widgets
 */

namespace Konsulto\Widgets;

defined( 'ABSPATH' ) || exit;

const PAGE = 'konsulto-widgets';

/** Adds the page to the menu. */
function add_settings_page(): void {
	$title = __( 'Konsulto widgets', 'konsulto-widgets' );
	$hook  = add_options_page( $title, $title, 'manage_options', PAGE, __NAMESPACE__ . '\\print_settings_page' );
	add_action( 'admin_print_styles-' . $hook, __NAMESPACE__ . '\\load_settings_assets' );
}

/** Loads style and script of the page, there only. */
function load_settings_assets(): void {
	wp_enqueue_style( 'konsulto-widgets-settings', plugins_url( 'assets/settings.css', PLUGIN ), array(), VERSION );
	wp_enqueue_script( 'konsulto-widgets-settings', plugins_url( 'assets/settings.js', PLUGIN ), array( 'clipboard', 'wp-a11y' ), VERSION, true );
}

/** Where the page is. */
function settings_page_address(): string {
	return admin_url( 'options-general.php?page=' . PAGE );
}

/** A link beside “Deactivate” in the list of plugins. */
function add_settings_link( array $links ): array {
	$link = sprintf( '<a href="%s">%s</a>', esc_url( settings_page_address() ), esc_html__( 'Settings', 'konsulto-widgets' ) );
	return array_merge( array( 'settings' => $link ), $links );
}

/** The page. */
function print_settings_page(): void {
	if ( ! current_user_can( 'manage_options' ) ) {
		return;
	}
	$widgets = is_connected() ? listed_widgets() : null;
	echo '<div class="wrap konsulto"><h1>', esc_html__( 'Konsulto widgets', 'konsulto-widgets' ), '</h1>';
	print_state( $widgets );
	if ( is_array( $widgets ) ) {
		print_widgets( $widgets );
	}
	print_form( $widgets );
	echo '</div>';
}

/**
 * The widgets; asked again when the owner tests the connection.
 *
 * @return array[]|\WP_Error
 */
function listed_widgets() {
	return isset( $_GET['konsulto_test'] ) && check_admin_referer( 'konsulto_test' ) ? fresh_widgets() : widgets();
}

/**
 * How the connection stands.
 *
 * @param array[]|\WP_Error|null $widgets Null before anything is saved.
 */
function print_state( $widgets ): void {
	if ( null === $widgets ) {
		print_first_steps();
	} elseif ( is_wp_error( $widgets ) ) {
		print_failure( $widgets );
	} else {
		print_success( count( $widgets ) );
	}
}

/** What to do first. */
function print_first_steps(): void {
	echo '<div class="notice notice-info inline"><p>';
	echo esc_html__( 'Connect this site to your Konsulto server. You need its address, the short name of your organisation and an API key, which an administrator of your organisation makes in Konsulto. Until all three are saved, this plugin contacts no server.', 'konsulto-widgets' );
	echo '</p></div>';
}

/** The connection works. */
function print_success( int $count ): void {
	/* translators: 1: number of widgets, 2: web address of the server. */
	$text = _n( 'Connected to %2$s, %1$s widget.', 'Connected to %2$s, %1$s widgets.', $count, 'konsulto-widgets' );
	echo '<div class="notice notice-success inline"><p>', esc_html( sprintf( $text, number_format_i18n( $count ), setting( 'server' ) ) ), ' ';
	print_test_link();
	echo '</p></div>';
	if ( ! is_secure() ) {
		echo '<div class="notice notice-warning inline"><p>', esc_html( insecure_text() ), '</p></div>';
	}
}

/** The connection does not work. */
function print_failure( \WP_Error $error ): void {
	$detail = $error->get_error_data()['detail'];
	echo '<div class="notice notice-error inline"><p>', esc_html( $error->get_error_message() ), ' ';
	print_test_link();
	echo '</p>';
	if ( '' !== $detail ) {
		echo '<p class="konsulto__detail">', esc_html__( 'Detail for whoever runs the server:', 'konsulto-widgets' ), ' <code dir="ltr">', esc_html( $detail ), '</code></p>';
	}
	echo '</div>';
}

/** Asks the server again. */
function print_test_link(): void {
	$address = wp_nonce_url( add_query_arg( 'konsulto_test', '1', settings_page_address() ), 'konsulto_test' );
	printf( '<a class="button button-small konsulto__test" href="%s">%s</a>', esc_url( $address ), esc_html__( 'Test connection', 'konsulto-widgets' ) );
}

/** The list of widgets. */
function print_widgets( array $widgets ): void {
	echo '<h2>', esc_html__( 'Your widgets', 'konsulto-widgets' ), '</h2>';
	if ( array() === $widgets ) {
		echo '<p>', esc_html__( 'Your organisation has no widgets yet. Make one in Konsulto, then test the connection again.', 'konsulto-widgets' ), '</p>';
		return;
	}
	echo '<p>', esc_html__( 'In the block editor, add the block “Konsulto widget”. Anywhere else, paste a shortcode.', 'konsulto-widgets' ), '</p>';
	echo '<table class="widefat striped konsulto__widgets"><thead><tr>';
	array_map( __NAMESPACE__ . '\\print_column', widget_columns() );
	echo '</tr></thead><tbody>';
	array_map( __NAMESPACE__ . '\\print_widget', $widgets );
	echo '</tbody></table>';
}

/** The headings of the list. */
function widget_columns(): array {
	return array( __( 'Name', 'konsulto-widgets' ), __( 'Kind', 'konsulto-widgets' ), __( 'Shortcode', 'konsulto-widgets' ) );
}

/** One heading. */
function print_column( string $name ): void {
	echo '<th scope="col">', esc_html( $name ), '</th>';
}

/** One row of the list. */
function print_widget( array $widget ): void {
	printf(
		'<tr><th scope="row"><a href="%s" dir="auto">%s</a></th><td>%s</td><td><span class="konsulto__shortcode"><code dir="ltr">%s</code> ',
		esc_url( setting( 'server' ) . '/w/' . $widget['id'] ),
		esc_html( $widget['name'] ),
		esc_html( kind_name( $widget['kind'] ) ),
		esc_html( shortcode_for( $widget['id'] ) )
	);
	print_copy_button( $widget );
	echo '</span></td></tr>';
}

/** Copies the shortcode of one widget. */
function print_copy_button( array $widget ): void {
	printf(
		'<button type="button" class="button button-small konsulto__copy" data-clipboard-text="%s" data-copied="%s" aria-label="%s">%s</button>',
		esc_attr( shortcode_for( $widget['id'] ) ),
		esc_attr__( 'Copied', 'konsulto-widgets' ),
		/* translators: %s: name of a widget. */
		esc_attr( sprintf( __( 'Copy the shortcode of %s', 'konsulto-widgets' ), $widget['name'] ) ),
		esc_html__( 'Copy', 'konsulto-widgets' )
	);
}

/**
 * The settings; before the site is connected only what connects it.
 *
 * @param array[]|\WP_Error|null $widgets To choose from.
 */
function print_form( $widgets ): void {
	echo '<form action="options.php" method="post">';
	settings_fields( OPTION );
	print_connection_fields();
	if ( null !== $widgets ) {
		print_everywhere_fields( $widgets );
		print_privacy_fields();
	}
	submit_button( null === $widgets ? __( 'Save and connect', 'konsulto-widgets' ) : '' );
	echo '</form>';
}

/** Server, organisation and key. */
function print_connection_fields(): void {
	echo '<h2>', esc_html__( 'Connection', 'konsulto-widgets' ), '</h2><table class="form-table" role="presentation">';
	print_field( 'server', __( 'Server address', 'konsulto-widgets' ), __( 'For example https://care.example.org. Empty this field and save to disconnect; the saved key is then deleted.', 'konsulto-widgets' ) );
	print_field( 'organisation', __( 'Organisation', 'konsulto-widgets' ), __( 'The short name of your organisation in Konsulto: small letters, digits and hyphens.', 'konsulto-widgets' ) );
	print_key_field();
	echo '</table>';
}

/** A line of text. */
function print_field( string $name, string $label, string $help ): void {
	print_row_start( $name, $label );
	printf(
		'<input type="text" class="regular-text" dir="ltr" spellcheck="false" autocapitalize="none" autocomplete="off" id="konsulto-%1$s" name="%2$s" value="%3$s" aria-describedby="konsulto-%1$s-help">',
		esc_attr( $name ),
		esc_attr( field_name( $name ) ),
		esc_attr( setting( $name ) )
	);
	print_row_end( $name, $help );
}

/** The key is never sent back to the browser. */
function print_key_field(): void {
	$saved = '' !== setting( 'api_key' );
	print_row_start( 'api_key', __( 'API key', 'konsulto-widgets' ) );
	printf(
		'<input type="password" class="regular-text" dir="ltr" autocomplete="new-password" id="konsulto-api_key" name="%s" value="" placeholder="%s" aria-describedby="konsulto-api_key-help">',
		esc_attr( field_name( 'api_key' ) ),
		esc_attr( $saved ? '••••••••••••' : '' )
	);
	print_row_end(
		'api_key',
		$saved
			? __( 'A key is saved. It is not shown again; leave this field empty to keep it.', 'konsulto-widgets' )
			: __( 'No key is saved. Konsulto shows a key once, when you make it.', 'konsulto-widgets' )
	);
}

/**
 * The widget that floats on every page.
 *
 * @param array[]|\WP_Error $widgets To choose from.
 */
function print_everywhere_fields( $widgets ): void {
	echo '<h2>', esc_html__( 'On every page', 'konsulto-widgets' ), '</h2><table class="form-table" role="presentation">';
	print_row_start( 'everywhere', __( 'Floating widget', 'konsulto-widgets' ) );
	printf( '<select id="konsulto-everywhere" name="%s" aria-describedby="konsulto-everywhere-help">%s</select>', esc_attr( field_name( 'everywhere' ) ), options( widget_choices( $widgets, setting( 'everywhere' ) ), setting( 'everywhere' ) ) );
	print_row_end( 'everywhere', __( 'Stands in the corner of the pages that you choose below.', 'konsulto-widgets' ) );
	print_paths( 'only_on', __( 'Only on', 'konsulto-widgets' ), __( 'Paths, one a line, for example /contact or /services/*. Empty: on every page.', 'konsulto-widgets' ) );
	print_paths( 'never_on', __( 'Never on', 'konsulto-widgets' ), __( 'Paths, one a line. These win over the list above.', 'konsulto-widgets' ) );
	echo '</table>';
}

/** Several paths. */
function print_paths( string $name, string $label, string $help ): void {
	print_row_start( $name, $label );
	printf(
		'<textarea class="regular-text code" dir="ltr" rows="3" spellcheck="false" id="konsulto-%1$s" name="%2$s" aria-describedby="konsulto-%1$s-help">%3$s</textarea>',
		esc_attr( $name ),
		esc_attr( field_name( $name ) ),
		esc_textarea( implode( "\n", setting( $name ) ) )
	);
	print_row_end( $name, $help );
}

/** Whether visitors are asked. */
function print_privacy_fields(): void {
	echo '<h2>', esc_html__( 'Privacy', 'konsulto-widgets' ), '</h2><table class="form-table" role="presentation"><tr><th scope="row">', esc_html__( 'Before loading', 'konsulto-widgets' ), '</th><td>';
	printf(
		'<input type="hidden" name="%1$s" value="0"><label><input type="checkbox" id="konsulto-ask_first" name="%1$s" value="1" aria-describedby="konsulto-ask_first-help"%2$s> %3$s</label>',
		esc_attr( field_name( 'ask_first' ) ),
		checked( setting( 'ask_first' ), true, false ),
		esc_html__( 'Ask before loading', 'konsulto-widgets' )
	);
	print_row_end( 'ask_first', __( 'Visitors see a button in the widget’s place; nothing is loaded from the server before they press it.', 'konsulto-widgets' ) );
	echo '</table>';
}

/** Opens the row of a field. */
function print_row_start( string $name, string $label ): void {
	printf( '<tr><th scope="row"><label for="konsulto-%s">%s</label></th><td>', esc_attr( $name ), esc_html( $label ) );
}

/** Closes the row of a field. */
function print_row_end( string $name, string $help ): void {
	printf( '<p class="description" id="konsulto-%s-help">%s</p></td></tr>', esc_attr( $name ), esc_html( $help ) );
}

/** What a field is called in the form. */
function field_name( string $name ): string {
	return OPTION . '[' . $name . ']';
}

add_action( 'admin_menu', __NAMESPACE__ . '\\add_settings_page' );
add_filter( 'plugin_action_links_' . plugin_basename( PLUGIN ), __NAMESPACE__ . '\\add_settings_link' );
