extension BytePairTokenizer {
    /// Learns tokens from a text: again and again, the most frequent pair of neighbours within words becomes a token.
    ///
    /// Of equally frequent pairs the one with the lower tokens comes first, so the result follows from the text alone.
    ///
    /// - Parameters:
    ///   - text: what to learn from.
    ///   - vocabulary: the number of tokens, at least 256. Fewer are learned where no pair occurs twice.
    /// - Complexity: O(different words · tokens) at worst; a pair's join costs what the words that hold it do.
    public init(training text: String, vocabulary: Int) throws(DataError) {
        guard vocabulary >= 256 else {
            throw DataError(
                .argument, "there are more bytes than tokens", in: "vocabulary", found: "\(vocabulary)",
                expected: "at least 256")
        }
        var counts: [ArraySlice<UInt8>: Int] = [:]
        for word in words(of: Array(text.utf8)) { counts[word, default: 0] += 1 }
        var training = PairCounts(counts.map { (Array($0.key), $0.value) })
        var merges: [Pair] = []
        var lengths = [Int](repeating: 1, count: 256)
        while 256 + merges.count < vocabulary {
            guard
                let pair = training.mostFrequent(where: {
                    lengths[$0.left] + lengths[$0.right] <= Self.greatestTokenLength
                })
            else { break }
            training.join(pair, as: 256 + merges.count)
            lengths.append(lengths[pair.left] + lengths[pair.right])
            merges.append(pair)
        }
        try self.init(merges: merges)
    }

    /// Writes the pairs as JSON, whole or not at all.
    public func save(to path: String) throws(DataError) {
        let pairs = merges.map { JSONValue.array([.whole($0.left), .whole($0.right)]) }
        let json = JSONValue.object([("type", .text("byte-pair")), ("version", .whole(1)), ("merges", .array(pairs))])
        try OutputFile.write(Array("\(json)\n".utf8), to: path)
    }

    /// Reads pairs that `save` wrote.
    ///
    /// - Throws: an error that names what of the file cannot be used.
    public init(path: String) throws(DataError) {
        let json = try JSONValue(parsing: GzipReader(path: path).bytes(atMost: .max), in: path)
        guard json["type"]?.text == "byte-pair", json["version"]?.whole == 1, let list = json["merges"]?.elements else {
            throw DataError(
                .wrongHeader, "this is no tokenizer", in: path, found: String(json.description.prefix(60)),
                expected: "an object with type byte-pair, version 1 and merges")
        }
        var merges: [Pair] = []
        for (place, entry) in list.enumerated() {
            guard let pair = entry.elements, pair.count == 2, let left = pair[0].whole, let right = pair[1].whole else {
                throw DataError(
                    .malformed, "a pair of the tokenizer is none", in: path, found: "\(entry) as number \(place)",
                    expected: "two whole numbers")
            }
            merges.append(Pair(left, right))
        }
        do throws(DataError) {
            try self.init(merges: merges)
        } catch {
            throw DataError(.inconsistent, error.summary, in: path, found: error.found, expected: error.expected)
        }
    }
}

/// How often pairs of neighbours occur in words, kept up to date while pairs are joined.
private struct PairCounts {
    private var words: [(tokens: [Int], count: Int)]
    private var counts: [BytePairTokenizer.Pair: Int] = [:]
    /// The words in which a pair occurred once; it may be gone from some.
    private var places: [BytePairTokenizer.Pair: Set<Int>] = [:]

    init(_ words: [(word: [UInt8], count: Int)]) {
        self.words = words.map { ($0.word.map(Int.init), $0.count) }
        for place in words.indices { add(place, 1) }
    }

    /// The most frequent pair that occurs twice at least; of equals the lowest.
    func mostFrequent(where isAllowed: (BytePairTokenizer.Pair) -> Bool) -> BytePairTokenizer.Pair? {
        var best: (pair: BytePairTokenizer.Pair, count: Int)?
        for (pair, count) in counts where count > 1 {
            if let best {
                if count < best.count { continue }
                if count == best.count, (pair.left, pair.right) > (best.pair.left, best.pair.right) { continue }
            }
            if isAllowed(pair) { best = (pair, count) }
        }
        return best?.pair
    }

    mutating func join(_ pair: BytePairTokenizer.Pair, as token: Int) {
        for place in places.removeValue(forKey: pair) ?? [] {
            add(place, -1)
            words[place].tokens = joined(words[place].tokens, pair, as: token)
            add(place, 1)
        }
        counts[pair] = nil
    }

    /// Counts the pairs of a word in or out.
    private mutating func add(_ place: Int, _ sign: Int) {
        let (tokens, count) = words[place]
        for (left, right) in zip(tokens, tokens.dropFirst()) {
            let pair = BytePairTokenizer.Pair(left, right)
            counts[pair, default: 0] += sign * count
            if sign > 0 { places[pair, default: []].insert(place) }
        }
    }
}
