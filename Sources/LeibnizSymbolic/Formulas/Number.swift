extension Formula {
    /// A number in a formula: a quotient of integers as long as that fits, else one of double precision.
    ///
    /// Decimals are exact: 0.1 is 1/10. A number of double precision whose shortest decimal text is such a quotient *is* that
    /// quotient, so that equal texts are equal numbers.
    public enum Number: Hashable, Sendable {
        /// A quotient of integers.
        case exact(Rational)
        /// A finite number that no quotient of machine integers says.
        case approximate(Double)

        static let zero = Number.exact(.zero)
        static let one = Number.exact(.one)

        /// The number nearest to `value`; nil where that is not finite.
        public init?(_ value: Double) {
            guard value.isFinite else { return nil }
            if let whole = Int(exactly: value) {
                self = .exact(Rational(whole))
            } else if let exact = Number.exactly("\(value)") {
                self = .exact(exact)
            } else {
                self = .approximate(value)
            }
        }

        /// The number that a decimal text such as `12`, `0.5` or `1e-3` says; nil where it says none or is out of range.
        init?(text: String) {
            if let exact = Number.exactly(text) {
                self = .exact(exact)
            } else if let value = Double(text), let number = Number(value) {
                self = number
            } else {
                return nil
            }
        }

        /// The quotient that a decimal text says, if it fits.
        private static func exactly(_ text: String) -> Rational? {
            var digits = 0
            var (decimals, isFraction, isNegative) = (0, false, false)
            var rest = text.utf8[...]
            if rest.first == UInt8(ascii: "-") { (isNegative, rest) = (true, rest.dropFirst()) }
            while let byte = rest.first, byte != UInt8(ascii: "e"), byte != UInt8(ascii: "E") {
                rest = rest.dropFirst()
                if byte == UInt8(ascii: ".") {
                    isFraction = true
                    continue
                }
                let (scaled, overflow1) = digits.multipliedReportingOverflow(by: 10)
                let (next, overflow2) = scaled.addingReportingOverflow(Int(byte) - 48)
                guard (48...57).contains(byte), !overflow1, !overflow2 else { return nil }
                digits = next
                if isFraction { decimals += 1 }
            }
            var exponent = 0
            if !rest.isEmpty {
                guard let value = Int(String(rest.dropFirst()) ?? ""), value.magnitude < 1000 else { return nil }
                exponent = value
            }
            guard let scale = Rational(10).power(exponent - decimals) else { return nil }
            return Rational.product(Rational(isNegative ? -digits : digits), scale)
        }
    }
}

extension Formula.Number {
    /// The nearest number of double precision.
    public var doubleValue: Double {
        switch self {
        case .exact(let rational): rational.doubleValue
        case .approximate(let value): value
        }
    }

    /// The quotient of integers, if it is one.
    public var rational: Rational? { if case .exact(let rational) = self { rational } else { nil } }

    /// The whole number, if it is one.
    public var whole: Int? { rational.flatMap { $0.isWhole ? $0.numerator : nil } }

    var isZero: Bool { whole == 0 }
    var isOne: Bool { whole == 1 }
    var isNegative: Bool {
        switch self {
        case .exact(let rational): rational.numerator < 0
        case .approximate(let value): value < 0
        }
    }

    /// The sum; nil where it is out of range.
    static func sum(_ a: Self, _ b: Self) -> Self? {
        if let a = a.rational, let b = b.rational, let sum = Rational.sum(a, b) { return .exact(sum) }
        return Self(a.doubleValue + b.doubleValue)
    }

    /// The product; nil where it is out of range, also of the small numbers.
    static func product(_ a: Self, _ b: Self) -> Self? {
        if let a = a.rational, let b = b.rational, let product = Rational.product(a, b) { return .exact(product) }
        let value = a.doubleValue * b.doubleValue
        return value == 0 && !a.isZero && !b.isZero ? nil : Self(value)
    }

    var negated: Self {
        if let negated = rational?.negated { return .exact(negated) }
        return .approximate(-doubleValue)
    }

    var magnitude: Self { isNegative ? negated : self }

    /// The power with a whole exponent; nil where it is undefined or out of range.
    func power(_ exponent: Int) -> Self? {
        if isZero && exponent < 0 { return nil }
        if let rational { return rational.power(exponent).map(Self.exact) }
        var value = 1.0
        for _ in 0..<min(exponent.magnitude, 64) { value *= doubleValue }
        if exponent < 0 { value = 1 / value }
        return exponent.magnitude > 64 || value == 0 ? nil : Self(value)
    }
}
