/// The characters of texts as numbers from 0, in Unicode's order.
public struct CharacterVocabulary: Sendable, Hashable {
    /// The characters by number.
    public let characters: [Unicode.Scalar]
    private let numbers: [Unicode.Scalar: Int32]

    /// The characters that occur in some texts.
    public init(of texts: some Sequence<String>) {
        self.init(texts.reduce(into: Set<Unicode.Scalar>()) { $0.formUnion($1.unicodeScalars) })
    }

    private init(_ characters: Set<Unicode.Scalar>) {
        self.characters = characters.sorted()
        numbers = Dictionary(uniqueKeysWithValues: zip(self.characters, 0...))
    }

    /// How many there are.
    public var count: Int { characters.count }

    /// All of them, in order: the vocabulary of this text is the same.
    public var text: String { decoded(characters.indices) }

    /// The numbers of a text's characters.
    ///
    /// - Throws: a `DataError` with the first character that has none.
    public func encoded(_ text: String) throws(DataError) -> [Int32] {
        var result: [Int32] = []
        result.reserveCapacity(text.utf8.count)
        for character in text.unicodeScalars {
            guard let number = numbers[character] else {
                throw DataError(
                    .inconsistent, "a character is not in the vocabulary", in: "text",
                    found: character.escaped(asASCII: true), expected: "one of \(count) characters")
            }
            result.append(number)
        }
        return result
    }

    /// The text of numbers; those out of range are left out.
    public func decoded(_ numbers: some Sequence<Int>) -> String {
        var text = String.UnicodeScalarView()
        for number in numbers where characters.indices.contains(number) { text.append(characters[number]) }
        return String(text)
    }
}
