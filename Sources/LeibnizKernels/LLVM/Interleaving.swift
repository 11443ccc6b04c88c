/// Instructions of several stretches of code in turns, each still after those that it needs.
struct Interleaving {
    /// The instructions in their new order.
    private(set) var text = ""
    private var lines: [[Substring]]
    /// How many of each stretch are written.
    private var written: [Int]
    /// Where a register gets its value.
    private var places: [Substring: (part: Int, line: Int)] = [:]

    /// - Parameter parts: stretches of code without branches, which need nothing of later ones.
    init(_ parts: [String]) {
        lines = parts.map { $0.split(separator: "\n") }
        written = lines.map { _ in 0 }
        for (part, stretch) in lines.enumerated() {
            for (number, line) in stretch.enumerated() {
                guard let sign = line.utf8.firstIndex(of: UInt8(ascii: "=")) else { continue }
                for name in Self.registers(line.utf8[..<sign]) { places[name] = (part, number) }
            }
        }
        text.reserveCapacity(parts.reduce(0) { $0 + $1.utf8.count })
        for _ in 0..<(lines.map(\.count).max() ?? 0) {
            for part in lines.indices where written[part] < lines[part].count { write(1, of: part) }
        }
    }

    /// Writes the next instructions of a stretch, what they need first.
    private mutating func write(_ count: Int, of part: Int) {
        for _ in 0..<count {
            let line = lines[part][written[part]]
            for name in Self.registers(line.utf8) {
                guard let place = places[name], place.part != part else { continue }
                write(max(0, place.line + 1 - written[place.part]), of: place.part)
            }
            text += line
            text += "\n"
            written[part] += 1
        }
    }

    /// The names that begin with a per cent sign.
    private static func registers(_ line: Substring.UTF8View) -> [Substring] {
        var (names, rest) = ([Substring](), line)
        while let start = rest.firstIndex(of: UInt8(ascii: "%")) {
            let tail = rest[rest.index(after: start)...]
            let end = tail.firstIndex { !isNamePart($0) } ?? tail.endIndex
            names.append(Substring(line[start..<end]))
            rest = line[end...]
        }
        return names
    }

    private static func isNamePart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
