import Leibniz

/// A program that is drawn by chance, such as a convolution of some shapes: what its description in JSON says is what it
/// stores, each property under its own name, in order.
protocol RandomProgram: Decodable, Hashable, Sendable {
    /// The word for such programs in descriptions.
    static var kind: String { get }
    /// What its numbers are.
    var type: RealType { get }
    /// Whether the gradients of Σ w ⊙ y are wanted for a fixed random w, by all inputs, beside the result y.
    var gradient: Bool { get }
    /// The shapes of its inputs.
    var inputs: [[Int]] { get }
    /// The mean of the inputs' normal numbers.
    var center: Double { get }
    /// What it is, in a few words.
    var summary: String { get }
    /// The passes that the mathematics compels over numbers of four bytes, where `flaw` is nil.
    var passes: [Pass] { get }
    /// Why there is no such program, where its inputs alone do not tell.
    var flaw: String? { get }
    /// A program drawn by chance, which may be too large, too small or flawed.
    init(drawnFrom generator: inout SplitMix)
    /// y of the inputs.
    func value(of inputs: [Tensor]) -> Tensor
}

extension RandomProgram {
    var gradient: Bool { false }
    var center: Double { 0 }

    /// Draws the inputs and compiles the program over numbers of a type.
    func iteration(_ type: ElementType) throws -> Iteration {
        var data = BenchmarkData(type)
        let arguments = try inputs.map {
            let numbers = try data.normal(Shape($0))
            return center == 0 ? numbers : try (numbers + center).evaluated()
        }
        guard gradient else {
            let f = compiled { (arguments: [Tensor]) in value(of: arguments) }
            return Iteration { [try f(arguments)] }
        }
        let w = try data.normal(value(of: arguments).shape)
        let f = compiledWithGradients { value(of: $0) }
        return Iteration { try f(arguments, w) }
    }
}

/// The types of numbers that drawn programs compute with.
enum RealType: String, Decodable {
    case float32, float64

    var elementType: ElementType { self == .float32 ? .float32 : .float64 }
}

/// A number per image axis, as in `"stride":[1,2]`; how many results windows give there.
enum ImageAxes {
    /// Why numbers are not one or more extents per axis of an image, each at least `least`.
    static func flaw(_ name: String, _ numbers: [Int], least: Int) -> String? {
        numbers.count == 2 && numbers.allSatisfy { (least...1 << 16).contains($0) }
            ? nil : "\(name) is two numbers, each at least \(least)"
    }

    /// The places of windows along both axes of an image; none where they do not fit.
    static func places(
        _ image: [Int], size: [Int], stride: [Int], padding: [Int], dilation: [Int] = [1, 1]
    ) -> [Int] {
        (0..<2).map {
            let room = image[$0] + 2 * padding[$0] - dilation[$0] * (size[$0] - 1) - 1
            return room < 0 ? 0 : room / stride[$0] + 1
        }
    }
}

extension [Int] {
    /// The product, without a bound.
    var volume: Double { reduce(1) { $0 * Double($1) } }

    /// Extents as in `8×3×32×32`.
    var crossed: String { map(String.init).joined(separator: "×") }
}
