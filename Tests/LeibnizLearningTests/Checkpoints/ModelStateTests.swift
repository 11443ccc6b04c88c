import Leibniz
import TestFiles
import Testing

@Suite struct `Model state` {
    private struct Tied: Module {
        let encoder = Linear(2, 2)
        let shared: Parameter
        init() { shared = encoder.weight }
    }

    @Test func `a file brings back every parameter, bit for bit`() throws {
        let folder = try TemporaryFolder()
        let (model, other) = (withSeed(1) { ConvNet() }, withSeed(2) { ConvNet() })
        try model.saveParameters(to: folder.path + "/m.safetensors")
        try other.loadParameters(from: folder.path + "/m.safetensors")
        #expect(try bits(of: other) == bits(of: model))
        #expect(try SafetensorsFile(path: folder.path + "/m.safetensors").metadata == ["format": "pt"])
    }

    @Test func `every misfit is named, and nothing is changed`() throws {
        let model = withSeed(1) { ConvNet() }
        let before = try bits(of: model)
        var state = model.state
        state["fc2.bias"] = nil
        state["conv2.weight"] = nil
        state["head.weight"] = Tensor([1.0])
        state["conv1.weight"] = Tensor([[1.0]])
        state["fc1.bias"] = Tensor([1.0])
        let error = try #require(#expect(throws: StateError.self) { try model.load(state) })
        #expect(
            error.description == """
                StateError: the state does not fit ConvNet
                  missing:    conv2.weight, fc2.bias
                  unexpected: head.weight
                  misshapen:  conv1.weight is [1, 1], not [6, 1, 5, 5], fc1.bias is [1], not [120]
                """)
        #expect(throws: StateError.self) { try model.load(state, strict: false) }
        #expect(try bits(of: model) == before)
    }

    @Test func `what is missing or unexpected may be allowed, and names be translated`() throws {
        let folder = try TemporaryFolder()
        let model = Linear(2, 1)
        try Safetensors.write(
            ["module.weight": Tensor([[3.0, 4]], .float64), "step": Tensor([7])], to: folder.path + "/m.safetensors")
        let bias = try model.bias?.value.doubles()
        try model.loadParameters(from: folder.path + "/m.safetensors", strict: false) {
            $0.hasPrefix("module.") ? String($0.dropFirst(7)) : nil
        }
        #expect(try model.weight.value.doubles() == [3, 4] && model.weight.value.elementType == .float32)
        #expect(try model.bias?.value.doubles() == bias)
    }

    @Test func `a parameter in two places stands under both names`() throws {
        #expect(Set(Tied().state.keys) == ["encoder.weight", "encoder.bias", "shared"])
    }
}
