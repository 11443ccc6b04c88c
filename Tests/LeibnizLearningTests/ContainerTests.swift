import Leibniz
import Testing

@Suite struct `Containers` {
    @Test func `what goes past a layer must have its result's shape`() {
        let layer = Residual(Linear(3, 2))
        #expect(message(of: layer(Tensor.zeros([1, 3]))).contains("shortcut"))
        #expect(layer.namedParameters.map(\.path) == ["body.weight", "body.bias"])
        #expect(
            Parallel(Linear(3, 2), ReLU(), Linear(3, 1)).namedParameters.map(\.path) == [
                "0.weight", "0.bias", "2.weight", "2.bias",
            ])
        #expect(message(of: Parallel()(Tensor.zeros([1]))).contains("no layers"))
        #expect(message(of: Unflatten(4, into: [1])(Tensor.zeros([1]))).contains("axis 4"))
    }
}
