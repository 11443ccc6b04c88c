import Testing

@testable import LeibnizCore

@Suite struct `Gradients of variables` {
    @Test func `come one per variable, zeros for one without influence`() throws {
        let (a, b, c) = (
            Variable(Tensor([1.0, 2], .float64)), Variable(Tensor(3, .float64)),
            Variable(Tensor.ones([2, 2], .float64))
        )
        let loss = sum(a.value * a.value * b.value)
        let g = try gradients(of: loss, withRespectTo: [a, b, c])
        #expect(try g[0].doubles() == [6, 12])
        #expect(try g[1].item() == 5)
        #expect(g[2].shape == [2, 2])
        #expect(try g[2].doubles() == [0, 0, 0, 0])
    }

    @Test func `are the same whether the loss was looked at before or not`() throws {
        let a = Variable(Tensor([1.0, 2], .float64))
        let loss = sum(exp(a.value))
        let before = try gradients(of: loss, withRespectTo: [a])[0].doubles()
        _ = try loss.item()
        #expect(try gradients(of: loss, withRespectTo: [a])[0].doubles() == before)
    }

    @Test func `are errors where no variable has influence, or the loss is no real scalar`() throws {
        let a = Variable(Tensor([1.0, 2], .float64))
        #expect(throws: TensorError.self) { try gradients(of: Tensor(1, .float64), withRespectTo: [a]) }
        #expect(throws: TensorError.self) { try gradients(of: a.value, withRespectTo: [a]) }
        #expect(throws: TensorError.self) { try gradients(of: sum(a.value.cast(to: .int64)), withRespectTo: [a]) }
    }

    @Test func `are taken of other values where those stand in`() throws {
        let a = Variable(Tensor([1.0, 2], .float64))
        let f = { (x: Tensor) in Variable.withValues([(a, x)]) { sum(a.value * a.value) } }
        #expect(try gradient(of: f)(Tensor([5.0, 7], .float64)).doubles() == [10, 14])
        #expect(try a.value.doubles() == [1, 2])
        #expect(try gradient(of: { sum(gradient(of: f)($0)) })(Tensor([5.0, 7], .float64)).doubles() == [2, 2])
    }

    @Test func `nest with gradients of arguments`() throws {
        // d/da of |d/dx (a·x²)| at x = 3: 2x.
        let a = Variable(Tensor(2, .float64))
        let slope = gradient(of: { a.value * $0 * $0 })(Tensor(3, .float64))
        #expect(try gradients(of: slope, withRespectTo: [a])[0].item() == 6)
    }
}
