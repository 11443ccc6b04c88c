import Foundation
import Leibniz

/// What `integrals.py` has SciPy and JAX compute as well: integrals, differential equations, Fourier transforms and loops.
///
/// The problems are lines of the file `problems`, fields between tabs; formulas are as `leibniz` reads them.
enum IntegralParity {
    static func compute(_ exchange: Exchange) throws {
        let text = try String(contentsOf: exchange.folder.appendingPathComponent("problems"), encoding: .utf8)
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: "\t").map(String.init)
            switch fields[0] {
            case "interval": try interval(exchange, fields[1], fields[2], numbers(fields[3]))
            case "box": try box(exchange, fields[1], fields[2], numbers(fields[3]))
            case "equation": try equation(exchange, fields[1], fields[2].components(separatedBy: "; "), fields[3...])
            case "fourier": try fourier(exchange, fields[1], fields[2], numbers(fields[3]).map { Int($0) })
            default: try loop(exchange, fields[1])
            }
        }
    }

    private static func numbers(_ text: String) -> [Double] { text.split(separator: ",").compactMap { Double($0) } }

    /// ∫ f dx and, where the bounds are finite, its derivatives with respect to both.
    private static func interval(_ exchange: Exchange, _ name: String, _ formula: String, _ ends: [Double]) throws {
        let f = try TensorFormula(Formula(formula), variables: ["x"])
        let integral = { (ends: Tensor) in integrate({ f([$0]) }, from: ends[0], to: ends[1]) }
        let bounds = Tensor(ends, .float64)
        try exchange.write("\(name).value", integral(bounds))
        if ends.allSatisfy(\.isFinite) { try exchange.write("\(name).slope", gradient(of: integral)(bounds)) }
    }

    /// ∫∫ f over a box of two or three sides.
    private static func box(_ exchange: Exchange, _ name: String, _ formula: String, _ ends: [Double]) throws {
        let names = Array(["x", "y", "z"].prefix(ends.count / 2))
        let f = try TensorFormula(Formula(formula), variables: names)
        let sides = names.indices.map { ends[2 * $0]...ends[2 * $0 + 1] }
        let value = integrate({ p in f(names.indices.map { p[$0] }) }, over: Box(sides))
        try exchange.write("\(name).value", value)
    }

    /// The states at all times, and the gradient of the last one's sum with respect to the first, in both ways.
    private static func equation(
        _ exchange: Exchange, _ name: String, _ slopes: [String], _ rest: ArraySlice<String>
    ) throws {
        let names = ["t"] + slopes.indices.map { "y\($0 + 1)" }
        let slopes = try slopes.map { try TensorFormula(Formula($0), variables: names) }
        let values = rest.map(numbers)
        let (start, times) = (Tensor(values[0], .float64), Tensor(values[1], .float64))
        func path(_ start: Tensor, _ gradient: ODEGradient) -> Tensor {
            odeSolve(
                { t, y in stack(slopes.map { f in f([t] + slopes.indices.map { y[$0] }) }) }, from: start, at: times,
                tolerance: 1e-10, absoluteTolerance: 1e-12, stepLimit: 20_000, gradient: gradient)
        }
        try exchange.write("\(name).path", path(start, .checkpointed))
        for (way, mode) in [("checkpointed", ODEGradient.checkpointed), ("adjoint", .adjoint)] {
            try exchange.write("\(name).\(way)", gradient(of: { sum(path($0, mode)[-1]) })(start))
        }
    }

    /// A transform of [3, n] or [m, n] numbers that Python wrote.
    private static func fourier(_ exchange: Exchange, _ name: String, _ kind: String, _ shape: [Int]) throws {
        let type = Shape(shape)
        let z = ComplexTensor(
            real: try exchange.read("\(name).real", type, .float64),
            imaginary: try exchange.read("\(name).imaginary", type, .float64))
        func write(_ result: ComplexTensor) throws {
            try exchange.write("\(name).found", stack([result.real, result.imaginary]))
        }
        switch kind {
        case "fft": try write(fft(z))
        case "fft-first-axis": try write(fft(z, axis: 0, normalization: .ortho))
        case "ifft": try write(ifft(z))
        case "rfft": try write(rfft(z.real, normalization: .forward))
        case "irfft": try write(ComplexTensor(irfft(z, count: 2 * shape[1] - 1)))
        case "fft2": try write(fft2(z))
        case "ifft2": try write(ifft2(z, normalization: .ortho))
        case "rfft2": try write(rfft2(z.real))
        default: try write(ComplexTensor(irfft2(rfft2(z.real), count: shape[1])))
        }
    }

    /// The last state, what is stacked, and gradients of a loop over 50 slices.
    private static func loop(_ exchange: Exchange, _ name: String) throws {
        let xs = try exchange.read("\(name).xs", [50, 4], .float64)
        let w = try exchange.read("\(name).w", [4, 4], .float64)
        func run(_ w: Tensor, _ xs: Tensor) -> (carry: Tensor, outputs: Tensor) {
            let first = Tensor.zeros([4], .float64)
            switch name {
            case "recurrence": return scan(first, over: xs) { h, x in (tanh(matmul(w, h) + x), h) }
            case "backwards": return scan(first, over: xs, reversed: true) { h, x in (sin(matmul(w, h)) + x, h * x) }
            case "products": return scan(first + 1, over: xs) { h, x in (h * (1 + 0.1 * x), sum(h)) }
            default:
                let (state, all) = scan((first, first), over: xs) { state, x in
                    let next = state.0 + 0.1 * state.1
                    return ((next, state.1 - 0.1 * matmul(w, next) + 0.01 * x), next)
                }
                return (state.0 + state.1, all)
            }
        }
        func loss(_ w: Tensor, _ xs: Tensor) -> Tensor {
            let (carry, outputs) = run(w, xs)
            return sum(carry * carry) + sum(sin(outputs))
        }
        let (carry, outputs) = run(w, xs)
        try exchange.write("\(name).carry", carry)
        try exchange.write("\(name).outputs", outputs)
        try exchange.write("\(name).gradient-w", gradient { loss($0, xs) }(w))
        try exchange.write("\(name).gradient-xs", gradient { loss(w, $0) }(xs))
        try exchange.write("\(name).hvp", hessianVectorProduct(of: { loss($0, xs) }, at: w, along: w * w))
    }
}
