package invented

// givenNames and familyNames are common names from many places. Plain forms are unique in their first six and eight
// letters, which a test keeps, so that account names are.
const givenNames = `
Ada Aiko Alejandro Amara Amina Ana Anders Anika Antonio Aoife/aoife Arjun Aroha Astrid Ayşe/ayse Babajide Beatriz Bogdan
Bram Camille Carlos Carmen Chiara Chidi Chloé/chloe Daichi Daniel Deborah Dmitri Eero Elena Elif Elias Emeka Emma Esther
Fatima Felix Fiona Francesca Freya Gabriel Giulia Grace Gunnar Hana Haruto Hassan Helena Hugo Ibrahim Ines/ines Ingrid Isabel
Ivan Jamal Jana Javier Jonas José/jose Joy Julia Kaito Kamala Karim Katarzyna Keanu Khadija Kofi Kwame Lars Layla Leila Leon
Liam Lina Linh Lucía/lucia Luis Łukasz/lukasz Maeve Magnus Malik Marek Maria Mateo Mei Mila Minh Mohammed Nadia Naomi Ngozi Nia
Nikolai Noah Noor Nuria Olena Oliver Omar Oskar Pablo Paula Pedro Petra Priya Quentin Rahul Rania Raúl/raul Renée/renee Rosa
Ruth Salma Samuel Sanjay Sara Selma Shira Simone Sofia Søren/soren Stefan Sunita Svetlana Tadeo Tamar Tariq Thandiwe Thomas
Tomoko Uma Valentina Vikram Wanjiru Wei Xiomara Yara Yasmin Yuki Yusuf Zainab Zeynep Zofia Zoë/zoe`

const familyNames = `
Abebe Adeyemi Aguilar Ahmed Akhtar Ali Almeida Andersen Aoki Araújo/araujo Baker Balogun Banerjee Bauer Becker Bello
Bergström/bergstrom Bianchi Björk/bjork Bose Brandt Brennan Brown Byrne Cardoso Castillo Chavez Chen Choi Clarke Cohen Cruz
Dahl Das Davies Delgado Demir Diallo Díaz/diaz Dubois Dvořák/dvorak Eklund Eriksen Espinoza Fernandes Ferrari Fischer
Fitzgerald Fontaine Fraser Fujita García/garcia Georgiou Ghosh Gonçalves/goncalves Grant Greenberg Guerrero Gupta Hakimi
Hansen Hashimoto Hernández/hernandez Hoang Hofmann Horváth/horvath Huang Hughes Ibarra Ito Ivanova Jackson Jansen Jensen
Jiménez/jimenez Johansson Jovanović/jovanovic Kamau Kaplan Kapoor Katz Kaya Keller Khalil Khan Kim Klein Kovács/kovacs Kowalski
Kozlov Krüger/krueger Kumar Laine Larsen Laurent Lee Lehtonen Lévy/levy Li Lindholm Lombardi López/lopez Lund MacDonald
Mahlangu Malhotra Marino Martínez/martinez Mbeki Mendoza Meyer Miller Mitchell Moreau Moreno Morris Mukherjee Mwangi Nakamura
Ndiaye Nguyen Nielsen Novák/novak Nwosu O'Brien O'Connor Oduya Okafor Olsen Onyango Ortega Osei Özdemir/oezdemir Papadopoulos
Park Patel Pereira Petrov Pham Popescu Quispe Rahman Ramírez/ramirez Reyes Ricci Rivera Romano Rossi Rousseau Ruiz Saito Salazar
Sánchez/sanchez Santos Sato Schmidt Schneider Sharma Shevchenko Silva Singh Sithole Smith Sokolov Sørensen/soerensen Sundaram
Suzuki Svensson Takahashi Tanaka Taylor Tembo Thapa Torres Tran Traoré/traore Tshabalala Ueda Usman Van_Dijk/vandijk Vargas
Vasquez Virtanen Vogel Wagner Walker Wang Weber Weiss Williams Wójcik/wojcik Wong Yamada Yang Yıldız/yildiz Young Zhang Zimmermann
Zulu`
