import Foundation

/// An element about to be printed.
enum PrintedNumber {
    /// - shortest: the fewest digits that give the number back in its type, as Swift writes it.
    /// - significantDigits: how many decimal digits the type always holds.
    case real(Double, shortest: String, significantDigits: Int)
    case integer(Int)
    case truth(Bool)
}

/// How the elements of one tensor are written, so that all fit under each other. The rules are NumPy's.
struct NumberFormat {
    private enum Notation {
        case plain
        /// Mantissa and power of ten, with so many digits after the point and in the exponent.
        case scientific(digits: Int, exponentDigits: Int)
    }

    /// Columns before the point, and after it.
    private var left = 0
    private var right = 0
    private var notation = Notation.plain
    private var isReal = false

    /// Digits after the point that are written at most.
    private static let precision = 8

    init(_ numbers: [PrintedNumber]) {
        var finite: [(value: Double, shortest: String)] = []
        var special = 0
        for number in numbers {
            switch number {
            case .real(let value, let shortest, _):
                isReal = true
                if value.isFinite {
                    finite.append((value, shortest))
                } else {
                    special = Swift.max(special, NumberText.special(value).count)
                }
            case .integer, .truth: left = Swift.max(left, NumberText.exact(number).count)
            }
        }
        guard isReal, case .real(_, _, let significantDigits)? = numbers.first else { return }
        let magnitudes = finite.map { Swift.abs($0.value) }.filter { $0 != 0 }
        if let greatest = magnitudes.max(), let least = magnitudes.min() {
            let limit = Foundation.pow(10, Double(Swift.min(8, significantDigits)))
            if greatest >= limit || least < 0.0001 || greatest / least > 1000 {
                notation = .scientific(digits: 0, exponentDigits: 2)
            }
        }
        switch notation {
        case .scientific:
            let parts = finite.map { NumberText.scientific($0.value, $0.shortest, precision: Self.precision) }
            let digits = parts.map(\.fraction.count).max() ?? 0, exponentDigits = parts.map(\.exponentDigits).max() ?? 2
            notation = .scientific(digits: digits, exponentDigits: exponentDigits)
            left = parts.map(\.whole.count).max() ?? 0
            right = digits + exponentDigits + 2
        case .plain:
            let parts = finite.map { NumberText.plain($0.value, $0.shortest, precision: Self.precision) }
            left = parts.map(\.whole.count).max() ?? 0
            right = parts.map(\.fraction.count).max() ?? 0
        }
        left = Swift.max(left, special - right - 1)
    }

    /// The number, as wide as all others.
    func text(_ number: PrintedNumber) -> String {
        guard case .real(let value, let shortest, _) = number else {
            return NumberText.exact(number).padded(left: left)
        }
        guard value.isFinite else { return NumberText.special(value).padded(left: left + right + 1) }
        switch notation {
        case .plain:
            let parts = NumberText.plain(value, shortest, precision: Self.precision)
            return parts.whole.padded(left: left) + "." + parts.fraction.padded(right: right, with: " ")
        case .scientific(let digits, let exponentDigits):
            let parts = NumberText.scientific(value, shortest, precision: digits)
            return parts.whole.padded(left: left) + "." + parts.fraction.padded(right: digits, with: "0")
                + NumberText.exponent(parts.exponent, digits: exponentDigits)
        }
    }
}

/// The digits of single numbers.
enum NumberText {
    /// A number that stands alone: all digits that it takes to give it back.
    static func scalar(_ number: PrintedNumber) -> String {
        guard case .real(let value, let shortest, _) = number else { return exact(number) }
        guard value.isFinite else { return special(value) }
        let magnitude = Swift.abs(value)
        if magnitude == 0 || magnitude >= 1e-4 && magnitude < 1e16 {
            let parts = plain(value, shortest, precision: .max)
            return parts.whole + "." + (parts.fraction.isEmpty ? "0" : parts.fraction)
        }
        let parts = scientific(value, shortest, precision: .max)
        return parts.whole + (parts.fraction.isEmpty ? "" : "." + parts.fraction) + exponent(parts.exponent, digits: 2)
    }

    /// An integer or a truth value.
    static func exact(_ number: PrintedNumber) -> String {
        switch number {
        case .integer(let value): String(value)
        case .truth(let value): value ? "true" : "false"
        case .real(_, let shortest, _): shortest
        }
    }

    /// `nan`, `inf` or `-inf`.
    static func special(_ value: Double) -> String { value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }

    /// The digits before and after the point, without trailing zeros.
    static func plain(_ value: Double, _ shortest: String, precision: Int) -> (whole: String, fraction: String) {
        let (digits, exponent) = decimal(shortest)
        let sign = value.sign == .minus ? "-" : ""
        let fractionCount = digits.count - exponent
        if fractionCount > precision { return rounded(String(format: "%.*f", precision, value)) }
        if exponent <= 0 { return (sign + "0", trimmed(String(repeating: "0", count: -exponent) + digits)) }
        let whole = digits.prefix(exponent).padding(toLength: exponent, withPad: "0", startingAt: 0)
        return (sign + whole, trimmed(String(digits.dropFirst(exponent))))
    }

    /// The mantissa's digits before and after the point, without trailing zeros, and the power of ten.
    static func scientific(_ value: Double, _ shortest: String, precision: Int) -> (
        whole: String, fraction: String, exponent: Int, exponentDigits: Int
    ) {
        let (digits, place) = decimal(shortest)
        let sign = value.sign == .minus ? "-" : ""
        var exponent = value == 0 ? 0 : place - 1
        var parts = (whole: sign + digits.prefix(1), fraction: trimmed(String(digits.dropFirst())))
        if digits.count - 1 > precision {
            let pieces = String(format: "%.*e", precision, value).split(separator: "e")
            parts = rounded(String(pieces[0]))
            exponent = Int(pieces[1]) ?? exponent
        }
        return (parts.whole, parts.fraction, exponent, Swift.max(2, String(Swift.abs(exponent)).count))
    }

    /// Such as `e+05`.
    static func exponent(_ exponent: Int, digits: Int) -> String {
        "e" + (exponent < 0 ? "-" : "+")
            + String(repeating: "0", count: Swift.max(0, digits - String(Swift.abs(exponent)).count))
            + String(Swift.abs(exponent))
    }

    /// The digits d₁d₂… and the power e for which the number is ±0.d₁d₂… · 10ᵉ.
    private static func decimal(_ shortest: String) -> (digits: String, exponent: Int) {
        let pieces = shortest.drop { $0 == "-" }.split(separator: "e")
        let sides = pieces[0].split(separator: ".", omittingEmptySubsequences: false)
        let fraction = sides.count > 1 ? String(sides[1]) : ""
        let all = sides[0] + fraction
        let leading = all.prefix { $0 == "0" }.count
        let digits = trimmed(String(all.dropFirst(leading)))
        if digits.isEmpty { return ("0", 1) }
        return (digits, sides[0].count - leading + (pieces.count > 1 ? Int(pieces[1]) ?? 0 : 0))
    }

    private static func rounded(_ text: String) -> (whole: String, fraction: String) {
        let sides = text.split(separator: ".", omittingEmptySubsequences: false)
        return (String(sides[0]), sides.count > 1 ? trimmed(String(sides[1])) : "")
    }

    private static func trimmed(_ digits: String) -> String { String(digits.reversed().drop { $0 == "0" }.reversed()) }
}

extension String {
    fileprivate func padded(left width: Int) -> String {
        String(repeating: " ", count: Swift.max(0, width - count)) + self
    }
    fileprivate func padded(right width: Int, with filler: Character) -> String {
        self + String(repeating: filler, count: Swift.max(0, width - count))
    }
}
