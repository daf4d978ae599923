// Safeguard
