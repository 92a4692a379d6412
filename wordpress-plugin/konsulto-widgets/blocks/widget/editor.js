/**
 * The block “Konsulto widget” in the editor: choose a widget of the server and how it stands on the page.
 */
( function ( wp ) {
	'use strict';

	const { BlockControls, InspectorControls, useBlockProps } = wp.blockEditor;
	const { Button, ExternalLink, Notice, PanelBody, Placeholder, SelectControl, Spinner, TextControl, ToolbarButton, ToolbarGroup } = wp.components;
	const { createElement: el, Fragment, useEffect, useState } = wp.element;
	const { __, sprintf } = wp.i18n;

	const modern = { __nextHasNoMarginBottom: true, __next40pxDefaultSize: true };
	const icon = el(
		'svg',
		{ viewBox: '0 0 24 24', width: 24, height: 24, 'aria-hidden': true },
		el( 'path', { d: 'M4 4h16a1 1 0 0 1 1 1v11a1 1 0 0 1-1 1h-8l-5 4v-4H4a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1Zm.5 1.5v10h4v2.4l3-2.4h8v-10h-15Zm6.75 1.75h1.5v2.5h2.5v1.5h-2.5v2.5h-1.5v-2.5h-2.5v-1.5h2.5v-2.5Z' } )
	);

	/* Every block on the page shares one question to the server. */
	let asked = null;
	function ask( fresh ) {
		if ( ! asked || fresh ) {
			asked = wp.apiFetch( { path: '/konsulto/v1/widgets' + ( fresh ? '?fresh=1' : '' ) } );
		}
		return asked;
	}

	/**
	 * The state of the list: what it holds, why it is not there, and how to ask again.
	 */
	function useWidgets() {
		const [ answer, setAnswer ] = useState( {} );
		const load = ( fresh ) => {
			setAnswer( {} );
			ask( fresh ).then( ( widgets ) => setAnswer( { widgets } ), ( error ) => setAnswer( { error } ) );
		};
		useEffect( () => load( false ), [] );
		return { ...answer, again: () => load( true ) };
	}

	function displays() {
		return [
			{ value: 'inline', label: __( 'In the page', 'konsulto-widgets' ) },
			{ value: 'button', label: __( 'Behind a button', 'konsulto-widgets' ) },
			{ value: 'floating', label: __( 'Floating in the corner', 'konsulto-widgets' ) },
		];
	}

	function choices( widgets, chosen ) {
		const listed = widgets.map( ( { id, name, kindName } ) => ( {
			value: id,
			/* translators: 1: name of a widget, 2: its kind, for example Booking. */
			label: sprintf( __( '%1$s (%2$s)', 'konsulto-widgets' ), name, kindName ),
		} ) );
		const known = ! chosen || widgets.some( ( { id } ) => id === chosen );
		/* translators: %s: id of a widget. */
		const missing = known ? [] : [ { value: chosen, label: sprintf( __( '%s (not in the list any more)', 'konsulto-widgets' ), chosen ) } ];
		return [ { value: '', label: __( 'Choose a widget', 'konsulto-widgets' ) }, ...listed, ...missing ];
	}

	function Failure( { error, again } ) {
		const settings = error.data && error.data.settings;
		return el(
			Notice,
			{ status: 'error', isDismissible: false },
			el( 'p', {}, error.message ),
			el(
				'div',
				{ className: 'konsulto-block__actions' },
				el( Button, { variant: 'secondary', onClick: again }, __( 'Try again', 'konsulto-widgets' ) ),
				settings && el( ExternalLink, { href: settings }, __( 'Open the settings', 'konsulto-widgets' ) )
			)
		);
	}

	function NoWidgets( { again } ) {
		return el(
			Fragment,
			{},
			el( 'p', {}, __( 'Your organisation has no widgets yet. Make one in Konsulto, then try again.', 'konsulto-widgets' ) ),
			el( Button, { variant: 'secondary', onClick: again }, __( 'Try again', 'konsulto-widgets' ) )
		);
	}

	function Picker( { widgets, chosen, choose } ) {
		return el( SelectControl, {
			...modern,
			label: __( 'Widget', 'konsulto-widgets' ),
			value: chosen,
			options: choices( widgets, chosen ),
			onChange: choose,
		} );
	}

	function Chooser( { list, chosen, choose } ) {
		if ( list.error ) {
			return el( Failure, list );
		}
		if ( ! list.widgets ) {
			return el( Spinner );
		}
		if ( ! list.widgets.length && ! chosen ) {
			return el( NoWidgets, list );
		}
		return el( Picker, { widgets: list.widgets, chosen, choose } );
	}

	function Summary( { widget, display, preview } ) {
		const way = displays().find( ( { value } ) => value === display ).label;
		return el(
			'div',
			{ className: 'konsulto-block__actions' },
			el( 'span', {}, way ),
			widget && el( Button, { variant: 'secondary', onClick: preview }, __( 'Preview', 'konsulto-widgets' ) ),
			widget && el( ExternalLink, { href: widget.url }, __( 'Open on its own page', 'konsulto-widgets' ) )
		);
	}

	function Preview( { widget } ) {
		return el(
			Fragment,
			{},
			el( 'iframe', { className: 'konsulto-block__preview', src: widget.url, title: widget.name } ),
			el( 'p', { className: 'konsulto-block__hint' }, __( 'Does the preview stay empty? Then add the address of this site to the allowed sites of the widget in Konsulto.', 'konsulto-widgets' ) )
		);
	}

	function PreviewSwitch( { shown, toggle } ) {
		return el(
			BlockControls,
			{},
			el( ToolbarGroup, {}, el( ToolbarButton, { isPressed: shown, onClick: toggle }, __( 'Preview', 'konsulto-widgets' ) ) )
		);
	}

	function LanguageFields( { locale, setAttributes } ) {
		const [ fixed, setFixed ] = useState( locale !== '' );
		const choose = ( value ) => {
			setFixed( value === 'fixed' );
			setAttributes( { locale: '' } );
		};
		return el(
			Fragment,
			{},
			el( SelectControl, {
				...modern,
				label: __( 'Language', 'konsulto-widgets' ),
				value: fixed ? 'fixed' : 'page',
				options: [
					{ value: 'page', label: __( 'Same as the page', 'konsulto-widgets' ) },
					{ value: 'fixed', label: __( 'Always one language', 'konsulto-widgets' ) },
				],
				onChange: choose,
			} ),
			fixed && el( TextControl, {
				...modern,
				label: __( 'Language code', 'konsulto-widgets' ),
				help: __( 'For example fi or sv-FI.', 'konsulto-widgets' ),
				value: locale,
				onChange: ( value ) => setAttributes( { locale: value.trim() } ),
			} )
		);
	}

	function Sidebar( { attributes, setAttributes } ) {
		return el(
			InspectorControls,
			{},
			el(
				PanelBody,
				{ title: __( 'Widget', 'konsulto-widgets' ) },
				el( SelectControl, {
					...modern,
					label: __( 'Display', 'konsulto-widgets' ),
					value: attributes.display,
					options: displays(),
					onChange: ( display ) => setAttributes( { display } ),
				} ),
				el( LanguageFields, { locale: attributes.locale, setAttributes } ),
				el( TextControl, {
					...modern,
					label: __( 'Department', 'konsulto-widgets' ),
					help: __( 'Leave empty to let the visitor choose.', 'konsulto-widgets' ),
					value: attributes.department,
					onChange: ( department ) => setAttributes( { department } ),
				} )
			)
		);
	}

	function Card( { list, attributes, setAttributes, widget, preview } ) {
		return el(
			Placeholder,
			{ icon, label: __( 'Konsulto widget', 'konsulto-widgets' ) },
			el( Chooser, { list, chosen: attributes.widget, choose: ( id ) => setAttributes( { widget: id } ) } ),
			attributes.widget && el( Summary, { widget, display: attributes.display, preview } )
		);
	}

	function Edit( { attributes, setAttributes } ) {
		const list = useWidgets();
		const [ previewed, setPreviewed ] = useState( false );
		const widget = ( list.widgets || [] ).find( ( { id } ) => id === attributes.widget );
		const shown = previewed && !! widget;
		return el(
			'div',
			useBlockProps( { className: 'konsulto-block' } ),
			el( Sidebar, { attributes, setAttributes } ),
			widget && el( PreviewSwitch, { shown, toggle: () => setPreviewed( ! shown ) } ),
			shown
				? el( Preview, { widget } )
				: el( Card, { list, attributes, setAttributes, widget, preview: () => setPreviewed( true ) } )
		);
	}

	function fromShortcode( name ) {
		return { type: 'string', shortcode: ( { named } ) => named[ name ] };
	}

	wp.blocks.registerBlockType( 'konsulto/widget', {
		icon,
		edit: Edit,
		save: () => null,
		transforms: {
			from: [
				{
					type: 'shortcode',
					tag: 'konsulto',
					attributes: {
						widget: fromShortcode( 'widget' ),
						display: fromShortcode( 'display' ),
						locale: fromShortcode( 'locale' ),
						department: fromShortcode( 'department' ),
					},
				},
			],
		},
	} );
} )( window.wp );
