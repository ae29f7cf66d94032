import Testing
@testable import SDLite
