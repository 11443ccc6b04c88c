@testable import LeibnizCore

/// Every primitive of the library with what is tried of it. A primitive that is not here fails a test.
enum Catalogue {
    static let entries: [PrimitiveEntry] =
        elementaryFunctions + arithmetic + logic + views + linear + choosing + transforming
}
