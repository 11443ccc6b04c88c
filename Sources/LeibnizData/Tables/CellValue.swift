/// What the bytes of a cell may mean, without the spaces around them.
struct CellValue {
    /// Cells that count as missing beside empty ones, as spreadsheets and statistics programs write them.
    static let missingMarks = ["NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "?"]

    /// The bytes without spaces and tabs around them.
    let trimmed: Substring

    init(_ bytes: some Collection<UInt8>) {
        let text = Substring(decoding: bytes, as: UTF8.self)
        func isSpace(_ character: Character) -> Bool { character == " " || character == "\t" }
        let start = text.drop(while: isSpace)
        trimmed = start.last.map(isSpace) == true ? start.dropLastSpaces() : start
    }

    /// A whole number of 64 bits in decimal, or nil.
    var integer: Int? { isDecimal ? Int(trimmed) : nil }

    /// A decimal number with or without fraction and exponent, or `inf`, `infinity` with or without a sign; else nil.
    var real: Double? {
        if isDecimal { return Double(trimmed) }
        let unsigned = trimmed.first == "-" || trimmed.first == "+" ? trimmed.dropFirst() : trimmed
        return ["inf", "infinity"].contains(unsigned.lowercased()) ? Double(trimmed) : nil
    }

    /// Whether nothing but digits, signs, a point and an exponent's letter occur: not `0x1p3`, not `nan`.
    private var isDecimal: Bool {
        !trimmed.isEmpty
            && trimmed.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
                    UInt8(ascii: "e"), UInt8(ascii: "E"):
                    true
                default: false
                }
            }
    }
}

extension Substring {
    fileprivate func dropLastSpaces() -> Substring {
        var text = self
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
