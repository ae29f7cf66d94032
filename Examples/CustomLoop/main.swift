import SDLite
