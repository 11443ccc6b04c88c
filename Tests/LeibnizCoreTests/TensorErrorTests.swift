import Synchronization
import Testing

@testable import LeibnizCore

private let file = "TensorErrorTests.swift"

/// A layer as users write them.
private struct Projection: Sendable {
    let weight = Variable(Tensor.ones([3, 2]))
    func callAsFunction(_ x: Tensor) -> Tensor { matmul(x, weight.value) }
}

/// A layer that asks for an axis that its argument lacks.
private struct Stray {
    func callAsFunction(_ x: Tensor) -> Tensor {
        let (rows, columns) = (x.shape[0], x.shape[7])
        return x.reshaped(to: [rows / columns, columns])
    }
}

@Suite struct `Errors` {
    @Test func `an error has the form of the handbook`() {
        var error = TensorError(
            "matmul", [[64, 256], [400, 120]],
            "the last axis of the first operand (256) must equal the first axis of the second (400)",
            cannot: "contract",
            hint: "flatten(from: 1) before a Linear gives [64, 400] here")
        (error.layer, error.caller) = ("ConvNet.fc1", Caller(at: CallerPlace(location: "Model.swift:31")))
        #expect(
            "\(error)" == """
                ShapeError: matmul cannot contract [64, 256] with [400, 120]
                  the last axis of the first operand (256) must equal the first axis of the second (400)
                  in ConvNet.fc1, at Model.swift:31
                  hint: flatten(from: 1) before a Linear gives [64, 400] here
                """)
    }

    @Test func `an operation on unfit shapes names shapes, axis, layer and line`() throws {
        let layer = Projection()
        let unnamed = try #require(layer(Tensor.zeros([4, 5])).error)
        #expect(unnamed.modulePath == "Projection")
        layer.weight.name = "Model.head.weight"
        let error = try #require(layer(Tensor.zeros([4, 5])).error)
        #expect(error.shapes == [[4, 5], [3, 2]])
        #expect(error.reason == "the last axis of the first operand (5) must equal the first axis of the second (3)")
        #expect(error.modulePath == "Model.head")
        #expect(error.location == "\(file):11")
        let flat = try #require(matmul(Tensor.zeros([4, 5, 3]), Tensor.zeros([15, 2])).error)
        #expect(flat.hint == "flattened(from: 1) before gives [4, 15] here")
    }

    @Test func `every way to a value throws the error, and names the line of the mistake`() throws {
        let x = Tensor.zeros([2, 3]) + Tensor.zeros([2]); let line = #line
        let sum = sum(sqrt(x) * 2)
        let step = compiled { (x: Tensor) in x + sum }
        let asked: [() throws -> Void] = [
            { _ = try sum.item() }, { _ = try sum.array(of: Float.self) }, { try evaluate(Tensor.zeros([]), sum) },
            { try sum.evaluated() }, { _ = try sum.doubles() }, { try sum.withUnsafeBytes { _ in } },
            { _ = try step(Tensor.zeros([])) },
            { _ = try gradients(of: sum, withRespectTo: []) },
        ]
        for ask in asked {
            let error = #expect(throws: TensorError.self) { try ask() }
            #expect(error?.location == "\(file):\(line)")
            #expect(error?.hint == "expanded(at: 1) gives [2, 1] here")
            #expect(
                error?.reason
                    == "axis -1, counted from the last, has extents 3 and 2: they must be equal, or one of them 1")
        }
    }

    @Test(arguments: [-1, 4]) func `more elements than there are cannot be chosen`(count: Int) throws {
        let x = Tensor.ones([2, 3])
        for result in [topK(x, count).values, topK(x, count).indices] {
            let error = #expect(throws: TensorError.self) { _ = try result.evaluated() }
            let text = "\(try #require(error))"
            #expect(text.contains("topK") && text.contains("[2, 3]") && text.contains("0 to 3"), "\(text)")
        }
    }

    @Test func `mistakes inside compiled are thrown by the call`() throws {
        let layer = Projection()
        let step = compiled { (x: Tensor) in layer(x) }
        let error = #expect(throws: TensorError.self) { try step(Tensor.zeros([4, 5])) }
        #expect(error?.location == "\(file):11")
        #expect(try step(Tensor.ones([1, 3])).doubles() == [3, 3])
    }

    @Test func `an axis that does not exist is 1, and the next evaluation throws`() throws {
        let error = #expect(throws: TensorError.self) { try Stray()(Tensor.zeros([3])).evaluated() }
        #expect(error?.kind == .index && error?.shapes == [[3]] && error?.location == "\(file):17")
        #expect(error?.reason == "axis 7 does not exist: the rank is 1")
        // Thrown once.
        #expect(try Tensor([1]).item() == 1)
        let first = #expect(throws: TensorError.self) {
            try Stray()(matmul(Tensor.zeros([3]), Tensor.zeros([4]))).evaluated()
        }
        #expect(first?.operation == "matmul")
        let step = compiled { (x: Tensor) in Stray()(x) }
        let compiledError = #expect(throws: TensorError.self) { try step(Tensor.zeros([3])) }
        #expect(compiledError?.kind == .index)
    }

    @Test func `values are not to be had inside compiled`() throws {
        let messages = Mutex<[String]>([])
        let weight = Variable(2)
        let step = compiled { (x: Tensor) in
            let asked: [() throws -> Void] = [
                { _ = try x.item() }, { _ = try (x * 2).array(of: Float.self) }, { try evaluate(x) },
                { _ = try weight.value.item() }, { _ = try (weight.value * 3).item() },
            ]
            for ask in asked {
                let error = #expect(throws: TensorError.self) { try ask() }
                #expect(error?.kind == .trace && error?.location?.hasPrefix(file) == true)
            }
            messages.withLock { $0.append("\(x)") }
            return x * weight.value
        }
        #expect(try step(Tensor(3.0)).item() == 6)
        #expect(messages.withLock { $0 }.count == 1)
        #expect(messages.withLock { $0[0] }.hasPrefix("TraceError"))
    }

    @Test func `a tensor that leaves its trace has no value`() throws {
        let kept = Mutex<Tensor?>(nil)
        let step = compiled { (x: Tensor) in
            kept.withLock { $0 = x * 2 }
            return x
        }
        try step(Tensor(1.0)).evaluated()
        let stray = try #require(kept.withLock { $0 })
        for x in [stray, stray + 1, gradient(of: { $0 * stray })(Tensor(1.0))] {
            let error = #expect(throws: TensorError.self) { try x.item() }
            #expect(error?.kind == .trace)
        }
        let other = compiled { (x: Tensor) in x + stray }
        #expect(throws: TensorError.self) { try other(Tensor(1.0)) }
        #expect("\(stray)".hasPrefix("TraceError"))
    }

    @Test func `sizes that fit no memory are errors`() {
        let wide = Tensor.zeros([1 << 40])
        for x in [
            Tensor.zeros([1 << 40, 1 << 40]), wide.reshaped(to: [-1, 1]) + wide, .arange(.max), wide.tiled([1 << 40]),
        ] {
            #expect(throws: TensorError.self) { try x.evaluated() }
        }
    }
}
