/**
 * Loads a widget where its question stands, when the visitor presses the button.
 */
( function () {
	'use strict';

	function copyOf( box, part ) {
		const template = box.querySelector( '.konsulto-ask__' + part );
		return document.importNode( template.content, true ).firstElementChild;
	}

	function load( box ) {
		const script = copyOf( box, 'loader' );
		const failed = copyOf( box, 'failed' );
		script.addEventListener( 'error', () => box.replaceChildren( failed ) );
		box.className = 'konsulto-asked';
		box.replaceChildren( script );
		box.focus( { preventScroll: true } );
	}

	document.addEventListener( 'click', ( event ) => {
		const button = event.target.closest( '.konsulto-ask__load' );
		if ( button ) {
			load( button.closest( '.konsulto-ask' ) );
		}
	} );

	document.querySelectorAll( '.konsulto-ask__ask' ).forEach( ( question ) => {
		question.hidden = false;
	} );
} )();
