/// Turns the text of an option into its value, or says what was expected.
///
/// Options with numbers parse with `.unconditional`, so that `-0.1` is taken for a number and then judged.
enum OptionText {
    /// What an option's text should have been.
    struct Expected: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = "expected \(description)" }
    }

    /// A whole number within a range.
    static func whole(_ range: ClosedRange<Int>) -> @Sendable (String) throws -> Int {
        { text in
            guard let number = Int(text), range.contains(number) else {
                throw Expected("a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }
    }

    /// A finite number above zero.
    static func positive(_ text: String) throws -> Double {
        guard let number = Double(text), number > 0, number.isFinite else { throw Expected("a finite number above 0") }
        return number
    }

    /// A finite number that is not below zero.
    static func notNegative(_ text: String) throws -> Double {
        guard let number = Double(text), number >= 0, number.isFinite else {
            throw Expected("a finite number, 0 or more")
        }
        return number
    }

    /// A path, which is not empty.
    static func path(_ text: String) throws -> String {
        guard !text.isEmpty else { throw Expected("a path") }
        return text
    }
}
