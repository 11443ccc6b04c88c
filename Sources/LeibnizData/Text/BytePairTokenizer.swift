/// Cuts text into tokens, the most frequent sequences of bytes, and puts them together again without loss.
///
/// Tokens 0 … 255 are the bytes; each further one joins two earlier ones. Encoding joins neighbours within a word, the pair that
/// was learned first before the others, as long as there is one. A word is a run of letters and digits, of spaces, or of anything
/// else; one space goes with the word that follows. (P. Gage, *A new algorithm for data compression*, 1994; R. Sennrich, B. Haddow,
/// A. Birch, *Neural machine translation of rare words with subword units*, 2016.)
///
/// ```swift
/// let tokenizer = try BytePairTokenizer(training: text, vocabulary: 1000)
/// let tokens = tokenizer.encode("to be or not to be")
/// tokenizer.decode(tokens)                               // "to be or not to be"
/// ```
public struct BytePairTokenizer: Sendable, Hashable {
    /// Two tokens that follow one another.
    public struct Pair: Sendable, Hashable {
        /// The first token.
        public let left: Int
        /// The second token.
        public let right: Int
        /// A pair.
        public init(_ left: Int, _ right: Int) { (self.left, self.right) = (left, right) }
    }

    /// The pairs that were joined, in the order in which they were learned: number i became token 256 + i.
    public let merges: [Pair]
    /// The bytes of each token.
    private let bytes: [[UInt8]]
    private let ranks: [Pair: Int]

    /// The longest token that a file may describe: enough for any word, and a bound for hostile files, in which lengths double.
    static let greatestTokenLength = 256

    /// The number of tokens.
    public var count: Int { bytes.count }

    /// A tokenizer with given pairs.
    ///
    /// - Throws: an error of kind `argument` for a pair of tokens that do not come before it, that stands twice, or whose token
    ///   would be longer than 256 bytes.
    public init(merges: [Pair]) throws(DataError) {
        var bytes = (0...255).map { [UInt8($0)] }
        var ranks: [Pair: Int] = [:]
        for (rank, pair) in merges.enumerated() {
            let known = 0..<bytes.count
            guard known.contains(pair.left), known.contains(pair.right), ranks[pair] == nil,
                bytes[pair.left].count + bytes[pair.right].count <= Self.greatestTokenLength
            else {
                throw DataError(
                    .argument, "a pair of tokens cannot be joined", in: "merges",
                    found: "\(pair.left), \(pair.right) as number \(rank)",
                    expected:
                        "two tokens below \(bytes.count), not joined before, of at most \(Self.greatestTokenLength) bytes together"
                )
            }
            ranks[pair] = rank
            bytes.append(bytes[pair.left] + bytes[pair.right])
        }
        (self.merges, self.bytes, self.ranks) = (merges, bytes, ranks)
    }

    /// The tokens of a text.
    public func encode(_ text: String) -> [Int] {
        var tokens: [Int] = []
        var known: [[UInt8]: [Int]] = [:]
        for word in words(of: Array(text.utf8)) {
            let word = Array(word)
            if let earlier = known[word] {
                tokens += earlier
                continue
            }
            let pieces = encode(word: word)
            known[word] = pieces
            tokens += pieces
        }
        return tokens
    }

    private func encode(word: [UInt8]) -> [Int] {
        var tokens = word.map(Int.init)
        while tokens.count > 1 {
            let best = tokens.indices.dropLast().compactMap { ranks[Pair(tokens[$0], tokens[$0 + 1])] }.min()
            guard let best else { break }
            tokens = joined(tokens, merges[best], as: 256 + best)
        }
        return tokens
    }

    /// The bytes of tokens one after the other; unknown tokens have none.
    public func bytes(of tokens: some Sequence<Int>) -> [UInt8] {
        tokens.flatMap { bytes.indices.contains($0) ? bytes[$0] : [] }
    }

    /// The text of tokens; where they end within a character, U+FFFD stands in its place.
    public func decode(_ tokens: some Sequence<Int>) -> String { String(decoding: bytes(of: tokens), as: UTF8.self) }
}

/// The tokens with every `pair` replaced by one token, from the left.
func joined(_ tokens: [Int], _ pair: BytePairTokenizer.Pair, as token: Int) -> [Int] {
    var result: [Int] = []
    result.reserveCapacity(tokens.count)
    var place = 0
    while place < tokens.count {
        if place + 1 < tokens.count, tokens[place] == pair.left, tokens[place + 1] == pair.right {
            result.append(token)
            place += 2
        } else {
            result.append(tokens[place])
            place += 1
        }
    }
    return result
}

/// The words of a text: runs of one kind of bytes, with one space before them.
func words(of text: [UInt8]) -> [ArraySlice<UInt8>] {
    enum Kind { case space, word, other }
    func kind(_ byte: UInt8) -> Kind {
        switch byte {
        case 0x20, 0x09...0x0D: .space
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x80...0xFF, 0x27: .word  // an apostrophe stays in its word
        default: .other
        }
    }
    var words: [ArraySlice<UInt8>] = []
    var start = 0
    while start < text.count {
        var place = start
        if text[place] == 0x20, place + 1 < text.count, kind(text[place + 1]) != .space { place += 1 }
        let first = kind(text[place])
        var end = place + 1
        while end < text.count, kind(text[end]) == first { end += 1 }
        // The last space of several goes with what follows.
        if first == .space, end < text.count, end - start > 1, text[end - 1] == 0x20 { end -= 1 }
        words.append(text[start..<end])
        start = end
    }
    return words
}
