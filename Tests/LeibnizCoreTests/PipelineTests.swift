import Foundation
import LeibnizKernels
import Testing

@testable import LeibnizCore

/// What *How a line of Swift becomes machine code* shows is what the compiler prints.
@Suite struct `The pipeline` {
    static let page = try? String(
        contentsOf: URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../Documentation/How a line of Swift becomes machine code.md"), encoding: .utf8)

    let x = Tensor.normal([3, 128], seed: 1)
    let y = Tensor.normal([128], seed: 2)
    let w: Tensor = [0.5, -1, 2]
    let slope: Tensor

    init() throws {
        let (x, y) = (x, y)
        try evaluate(x, y, w)

        let error = { (w: Tensor) in matmul(w, x) - y }
        slope = (∇{ mean(error($0) * error($0)) })(w)
    }

    @Test func `the page shows the graph`() throws {
        let program = Program(GraphSnapshot([slope.node], to: .values))
        #expect(Self.page?.contains(program.description) == true)
    }

    @Test func `the page shows the loop nests`() throws {
        let program = Program(GraphSnapshot([slope.node], to: .values))
        for kernel in ProgramLowering(program).kernels {
            guard case .nest(let nest) = kernel.work else { continue }
            #expect(Self.page?.contains("\(nest)") == true)
        }
    }

    @Test func `the machine code computes the formula`() throws {
        let (x, y, w) = (try x.doubles(), try y.doubles(), try w.doubles())
        let expected = (0..<3).map { axis in
            (0..<128).reduce(0) { sum, point in
                let error = (0..<3).reduce(-y[point]) { $0 + x[128 * $1 + point] * w[$1] }
                return sum + 2 * x[128 * axis + point] * error / 128
            }
        }
        for (a, b) in zip(try slope.doubles(), expected) { #expect(abs(a - b) < 1e-5) }
    }
}
