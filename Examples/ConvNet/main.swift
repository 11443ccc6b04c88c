import Leibniz

struct ConvNet: Module {
    let conv1 = Conv2D(1, 6, kernelSize: 5)
    let conv2 = Conv2D(6, 16, kernelSize: 5)
    let pool = MaxPool2D(2)
    let fc1 = Linear(16 * 5 * 5, 120), fc2 = Linear(120, 84), fc3 = Linear(84, 10)

    func callAsFunction(_ x: Tensor) -> Tensor {
        var x = pool(relu(conv1(x)))
        x = pool(relu(conv2(x))).flattened(from: 1)
        x = relu(fc1(x)); x = relu(fc2(x))
        return fc3(x)
    }
}

let data = try FashionMNIST()
let model = ConvNet()
let optimizer = Adam(model)

let step = compiled { (x: Tensor, y: Tensor) in
    let loss = crossEntropy(model(x), y)
    optimizer.update(minimizing: loss)
    return loss
}

let order = shuffledIndices(data.training.count, seed: 0, epoch: 1)
for (number, range) in try Batches(of: data.training.count, size: 64).enumerated() {
    let batch = data.training.batch(order[range])
    let loss = try step(batch.scaled(paddedTo: 32), batch.labels)
    if number % 100 == 0 { print("Step \(number), Loss: \(try loss.item())") }
}

let test = data.test.batch(0..<data.test.count)
print("Accuracy: \(try accuracy(model(test.scaled(paddedTo: 32)), test.labels).item())")
