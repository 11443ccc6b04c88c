import ArgumentParser
import Leibniz

/// How numbers are printed.
enum NumberFormat: String, ExpressibleByArgument, CaseIterable {
    case text, json
}

/// How commands whose result is numbers print it.
struct NumericOptions: ParsableArguments {
    @Option(help: "How to print: text or json.") var format = NumberFormat.text
    @Flag(help: "Print one line of JSON; the same as --format json.") var json = false

    /// Whether JSON was asked for.
    var isJSON: Bool { json || format == .json }
}

/// Bounds of variables: `x=0:1,y=:5,z=-1:`.
struct BoundsText {
    let values: [(name: String, lower: Double, upper: Double)]

    init(_ text: String) throws {
        values = try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let ends = sides.last?.split(separator: ":", omittingEmptySubsequences: false) ?? []
            guard sides.count == 2, ends.count == 2, case .variable(let name)? = try? Formula(String(sides[0])).kind
            else { throw OptionText.Expected("bounds of variables, such as x=0:1,y=:5") }
            func value(_ text: Substring, _ open: Double) throws -> Double {
                text.isEmpty ? open : try ParsedFormula(String(text)).value(at: [:])
            }
            return (name, try value(ends[0], -.infinity), try value(ends[1], .infinity))
        }
    }

    /// The lower and upper bounds of variables in their order.
    ///
    /// - Throws: a `ValidationError` for a bound of something else.
    func bounds(of names: [String]) throws -> (lower: Tensor, upper: Tensor) {
        var (lower, upper) = (names.map { _ in -Double.infinity }, names.map { _ in Double.infinity })
        for (name, low, high) in values {
            guard let place = names.firstIndex(of: name) else {
                throw ValidationError("--bounds names \(name), which is not among \(names.joined(separator: ", "))")
            }
            (lower[place], upper[place]) = (low, high)
        }
        for (place, name) in names.enumerated() where !(lower[place] <= upper[place]) {
            throw ValidationError("--bounds: nothing lies between \(lower[place]) and \(upper[place]) for \(name)")
        }
        return (Tensor(lower, .float64), Tensor(upper, .float64))
    }
}

extension PointText {
    /// The names and values of a start.
    ///
    /// - Throws: a `ValidationError` where a name occurs twice.
    func start() throws -> (names: [String], values: Tensor) {
        let names = values.map(\.name)
        if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
            throw ValidationError("--from names \(twice) twice")
        }
        return (names, Tensor(values.map(\.value), .float64))
    }
}

extension TensorFormula {
    /// The values where some variables are the elements of a vector, and others are given.
    func callAsFunction(_ names: [String], _ vector: Tensor, _ others: [String: Tensor] = [:]) -> Tensor {
        var values = others
        for (place, name) in names.enumerated() { values[name] = vector[place] }
        return self(values)
    }
}

extension StoppingReason {
    /// The status with which a command ends: that of data without an answer where there is no minimum.
    var exitStatus: Int32 {
        switch self {
        case .unboundedBelow, .notFinite: ExitStatus.data
        default: 0
        }
    }
}

/// The path of a picture, whose name says of what kind it is.
enum PicturePath {
    static func checked(_ text: String) throws -> String {
        let name = text.lowercased()
        guard name.hasSuffix(".svg") || name.hasSuffix(".png") else {
            throw OptionText.Expected("a file whose name ends with .svg or .png")
        }
        return text
    }
}
