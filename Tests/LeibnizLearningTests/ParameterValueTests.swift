import Leibniz
import Testing

@Suite struct `Parameter values` {
    @Test func `copyParameters takes all values over, or none`() throws {
        let (a, b) = (withSeed(1) { ConvNet() }, withSeed(2) { ConvNet() })
        try b.copyParameters(from: a)
        #expect(try bits(of: a) == bits(of: b))
        // From then on they are separate.
        a.parameters[0].value = a.parameters[0].value + 1
        #expect(try bits(of: a) != bits(of: b))

        let double = withElementType(.float64) { Linear(2, 3) }
        let single = Linear(2, 3)
        try single.copyParameters(from: double)
        #expect(single.weight.value.elementType == .float32)
        #expect(try single.weight.value.doubles() == double.weight.value.cast(to: .float32).doubles())

        let before = try bits(of: single)
        #expect(message { try single.copyParameters(from: Linear(2, 3, bias: false)) }.contains("no parameter bias"))
        #expect(message { try single.copyParameters(from: Linear(2, 4)) }.contains("ShapeError"))
        #expect(message { try single.copyParameters(from: Sequential(Linear(2, 3))) }.contains("no parameter bias"))
        #expect(message { try Linear(2, 3, bias: false).copyParameters(from: single) }.contains("no parameter bias"))
        #expect(try bits(of: single) == before)
    }

    @Test func `a model runs with other values of its parameters, and any derivative goes through them`() throws {
        let model = withElementType(.float64) { Linear(3, 2) }
        let (x, y, w) = (normal([5, 3], seed: 1), normal([5, 2], seed: 2), normal([2, 3], seed: 3))
        let before = try bits(of: model)
        let loss = { (w: Tensor) in model.withParameters(["weight": w]) { meanSquaredError(model(x), y) } }
        try expectClose((∇loss)(w), centralDifferences(of: loss, at: w), within: 1e-8)
        // Second derivatives: of Σ (∇L)² in two ways.
        let square = { (w: Tensor) in sum((∇loss)(w) * (∇loss)(w)) }
        try expectClose((∇square)(w), centralDifferences(of: square, at: w), within: 1e-7)
        // Forward mode.
        let v = normal([2, 3], seed: 4)
        let tangent = try pushforward(loss, at: w, along: v).tangent.item()
        #expect(tangent.isClose(to: try sum((∇loss)(w) * v).item()))
        #expect(try bits(of: model) == before)

        // Gradients inside are those at the values in place.
        let inside = try model.withParameters(["weight": w]) { try gradients(of: meanSquaredError(model(x), y), model) }
        try expectClose(#require(inside["weight"]), (∇loss)(w).doubles())
    }

    @Test func `values with a wrong path or shape are refused`() throws {
        let model = Linear(3, 2)
        let x = Tensor.zeros([1, 3])
        #expect(message(of: model.withParameters(["wait": x]) { model(x) }).contains("no parameter wait"))
        #expect(message(of: model.withParameters(["weight": x]) { model(x) }).contains("ShapeError"))
        let invalid = matmul(x, x)
        #expect(message(of: model.withParameters(["weight": invalid]) { model(x) }).contains("matmul"))
        #expect(
            message { try model.withParameters(["wait": x]) { () throws -> Void in } }.contains("no parameter wait"))
    }
}
