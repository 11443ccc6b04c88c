import Foundation

/// The numbers at which an axis is marked, and how they are written.
struct Ticks {
    let values: [Double]
    let labels: [String]
    /// Marks without a number, between the others.
    let minor: [Double]

    /// Marks at multiples of 1, 2 or 5 times a power of ten, about `count` of them; on a logarithmic axis at powers of ten.
    init(_ range: ClosedRange<Double>, _ scale: Figure.Axis.Scale, count: Int) {
        switch scale {
        case .linear: self.init(linear: range, count)
        case .logarithmic:
            let first = log10(range.lowerBound), last = log10(range.upperBound)
            // Within one or two powers of ten there are too few of them.
            if last - first < 1.5 { self.init(linear: range, count) } else { self.init(powers: first, last, count) }
        }
    }

    private init(linear range: ClosedRange<Double>, _ count: Int) {
        let (low, high) = (range.lowerBound, range.upperBound)
        let step = Self.niceStep((high - low) / Double(max(1, count)))
        // Among numbers that are far from zero for their distance, multiples of the step are not told apart.
        let farthest = max(abs(low), abs(high)) / step
        guard step > 0, step.isFinite, (high - low) / step < 1000, farthest < 0x1p52 else {
            (values, labels, minor) = ([low, high], [low, high].map { Self.minus("\($0)") }, [])
            return
        }
        let slack = 1e-9 * ((high - low) / step)
        let first = (low / step - slack).rounded(.up), last = (high / step + slack).rounded(.down)
        let places = last >= first ? stride(from: first, through: last, by: 1).map { $0 } : []
        values = places.map { $0 == 0 ? 0 : $0 * step }
        let unit = Int(log10(step * (1 + 1e-9)).rounded(.down))
        labels = values.map { Self.written($0, unit: unit) }
        minor = []
    }

    private init(powers first: Double, _ last: Double, _ count: Int) {
        let (low, high) = (Int((first - 1e-9).rounded(.up)), Int((last + 1e-9).rounded(.down)))
        let step = max(1, (high - low + count) / max(1, count))
        let exponents = stride(from: low, through: high, by: step).map { $0 }
        values = exponents.map { pow(10, Double($0)) }
        labels = exponents.map { "10" + Self.superscript($0) }
        let powers = low <= high ? Array(low - 1...high) : [low - 1]
        // Between powers of ten that are next to each other their multiples are marked, else the powers that were left out.
        let all: [Double] =
            step == 1 && high - low <= 8
            ? powers.flatMap { power in (2...9).map { Double($0) * pow(10, Double(power)) } }
            : powers.filter { ($0 - low) % step != 0 }.map { pow(10, Double($0)) }
        minor = all.filter { log10($0) >= first && log10($0) <= last }
    }

    /// The least of 1, 2, 5, 10, … that is not less.
    static func niceStep(_ rough: Double) -> Double {
        guard rough > 0, rough.isFinite else { return 0 }
        let power = pow(10, log10(rough).rounded(.down))
        let digit = [1.0, 2, 5, 10].first { $0 * power >= rough * (1 - 1e-9) } ?? 10
        return digit * power
    }

    /// A number as the axes write it, down to the digit of 10^unit: plainly, or with a power of ten where that would be long.
    private static func written(_ value: Double, unit: Int) -> String {
        if value == 0 { return "0" }
        guard abs(value) >= 1e6 || unit < -5 else { return minus(String(format: "%.\(max(0, -unit))f", value)) }
        let exponent = Int(log10(abs(value)).rounded(.down))
        let mantissa = value / pow(10, Double(exponent))
        let text = String(format: "%.\(min(max(0, exponent - unit), 6))f", mantissa)
        return minus(text) + "·10" + superscript(exponent)
    }

    /// A number with so many digits.
    static func written(_ value: Double, digits: Int) -> String {
        guard value.isFinite, abs(value) > 1e-300 else { return value.isFinite ? "0" : minus("\(value)") }
        return written(value, unit: Int(log10(abs(value)).rounded(.down)) - digits + 1)
    }

    private static func minus(_ text: String) -> String { text.replacingOccurrences(of: "-", with: "−") }

    private static func superscript(_ number: Int) -> String {
        String("\(number)".map { $0 == "-" ? "⁻" : Array("⁰¹²³⁴⁵⁶⁷⁸⁹")[$0.wholeNumberValue ?? 0] })
    }
}
